//! `tongban serve` and `tongban demo`: listen, answer, stop gracefully.

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use axum::Router;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::say;
use crate::{
    accept,
    cli::Demo,
    config::{Config, Site},
    platform::{self, Platform},
};

/// A listening server.
pub struct Running {
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    done: JoinHandle<()>,
    app: web::App,
}

impl Running {
    /// Stops accepting, lets open requests finish, and returns.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.app.close_streams();
        if let Err(error) = self.done.await {
            tracing::error!(%error, "the server did not stop by itself");
        }
    }
}

/// Serves a platform on a listener until [`Running::stop`].
pub fn listen(platform: &Platform, listener: TcpListener) -> anyhow::Result<Running> {
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    platform.start(stopped.clone());
    let router: Router = platform.router();
    let done = tokio::spawn(accept::run(listener, router, stopped));
    Ok(Running {
        address,
        stop,
        done,
        app: platform.app.clone(),
    })
}

pub(super) async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let ground = platform::ground(&config, Arc::new(web::SystemClock), false).await?;
    let mut platform = Platform::new(ground).await?;
    if config.site.development {
        platform = platform.with_design();
    }
    run(&config, platform).await
}

pub(super) async fn demo(mut config: Config, demo: &Demo) -> anyhow::Result<ExitCode> {
    // Nothing stands in front of a demonstration: QR codes lead to where it listens.
    if config.site.base_url == Site::default().base_url {
        config.site.base_url = format!("http://{}", config.listen);
    }
    let ground = platform::ground(&config, clock(demo), true).await?;
    let platform = Platform::new(ground).await?;
    let plan = tongban_demo_plan(demo);
    let city = demo::build(&platform_parts(&platform), &plan, &mut say).await?;
    platform.catalog.refresh().await?;
    demo::wholes(&platform.joint, &city).await?;
    if let Some(url) = &demo.registers {
        let file = config.data.join("registers.ndjson");
        demo::ask_registers(&platform_parts(&platform), &city, url, &file).await?;
        say(&format!("登记数据已写入 {}", file.display()));
    }
    platform.smart.refresh().await?;
    say("正在汇总数字、消息和材料");
    platform.catch_up().await?;
    if demo.no_serve {
        say(&city.accounts_text());
        platform.app.db.clone().close().await;
        return Ok(ExitCode::SUCCESS);
    }
    let accounts = city.accounts_text();
    run_with(&config, platform, Some(accounts)).await
}

/// What a demonstration goes by: the machine's clock, or the instant that was asked for.
fn clock(demo: &Demo) -> Arc<dyn web::Clock> {
    match demo.at {
        None => Arc::new(web::SystemClock),
        Some(at) if demo.still => Arc::new(web::ManualClock::new(at)),
        Some(at) => Arc::new(web::ShiftedClock::starting(at)),
    }
}

fn tongban_demo_plan(demo: &Demo) -> demo::Plan {
    demo::Plan {
        seed: demo.seed,
        cases: demo.cases,
    }
}

fn platform_parts(platform: &Platform) -> demo::Parts {
    demo::Parts {
        app: platform.app.clone(),
        catalog: platform.catalog.clone(),
        approval: platform.approval.clone(),
    }
}

async fn run(config: &Config, platform: Platform) -> anyhow::Result<ExitCode> {
    run_with(config, platform, None).await
}

async fn run_with(
    config: &Config,
    platform: Platform,
    accounts: Option<String>,
) -> anyhow::Result<ExitCode> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    // Whoever reads that it serves may ask it to stop at once.
    let mut stop = StopSignal::new()?;
    let running = listen(&platform, listener)?;
    if let Some(accounts) = accounts {
        say(&accounts);
    }
    say(&format!("serving http://{}", running.address));
    stop.asked().await?;
    tracing::info!("stopping");
    running.stop().await;
    platform.app.db.clone().close().await;
    Ok(ExitCode::SUCCESS)
}

/// SIGTERM or SIGINT, listened for from the moment this is made.
#[cfg(unix)]
struct StopSignal {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignal {
    fn new() -> anyhow::Result<StopSignal> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(StopSignal {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn asked(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        Ok(())
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct StopSignal;

#[cfg(not(unix))]
impl StopSignal {
    fn new() -> anyhow::Result<StopSignal> {
        Ok(StopSignal)
    }

    async fn asked(&mut self) -> anyhow::Result<()> {
        Ok(tokio::signal::ctrl_c().await?)
    }
}
