//! The server under measurement: `tongban` in a process of its own, so that its memory and its processor time are
//! its own. The code is linked into this program, which starts itself again; so it is always the code of this build.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context as _, bail, ensure};
use clap::Parser as _;

/// Runs a command of `tongban` in this process; what the hidden subcommand does.
pub(crate) fn tongban(args: &[OsString]) -> ExitCode {
    let program = [OsString::from("tongban")];
    let cli = server::cli::Cli::parse_from(program.iter().chain(args));
    server::command::run(cli, &[])
}

/// Such a process.
fn command(args: &[OsString]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("this program's own file")?);
    command.arg("tongban").arg("--").args(args);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TONGBAN_") {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// Runs a command of `tongban` to its end, its output on ours.
pub(crate) fn run(args: &[OsString]) -> anyhow::Result<()> {
    let status = command(args)?.status()?;
    ensure!(
        status.success(),
        "tongban {} failed: {status}",
        args.first()
            .map_or_else(String::new, |first| first.to_string_lossy().into_owned())
    );
    Ok(())
}

/// A listening server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Processor time, in seconds.
    pub(crate) cpu_s: f64,
    /// Resident memory, in MiB.
    pub(crate) resident_mib: f64,
    /// The most it ever was, in MiB.
    pub(crate) peak_mib: f64,
}

impl Server {
    /// Starts and waits until it listens. The log goes to a file beside the data, as in service.
    pub(crate) fn start(data: &Path, database: Option<&str>) -> anyhow::Result<Server> {
        let mut args: Vec<OsString> = vec![
            "serve".into(),
            "--listen".into(),
            "127.0.0.1:0".into(),
            "--data".into(),
            data.into(),
        ];
        if let Some(database) = database {
            args.extend(["--database".into(), database.into()]);
        }
        let log = data.join("server.log");
        let mut child = command(&args)?
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).context("the server's log")?)
            .spawn()
            .context("starting the server")?;
        let output = child.stdout.take().context("its output is piped")?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some(address) = line.strip_prefix("serving http://") {
                let address = address.trim().parse().context("the server's address")?;
                return Ok(Server { address, child });
            }
        }
        let status = child.wait()?;
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        bail!("the server did not start: {status}\n{said}");
    }

    /// From `/proc`; fails on systems without it.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        // Clock ticks are a hundredth of a second on every Linux there is.
        const TICKS: f64 = 100.0;
        let folder = Path::new("/proc").join(self.child.id().to_string());
        let stat = std::fs::read_to_string(folder.join("stat")).context("/proc/…/stat")?;
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .map_or("", |(_, rest)| rest)
            .split_whitespace()
            .collect();
        let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
        let cpu = ticks(11).zip(ticks(12)).context("the times in stat")?;
        let status = std::fs::read_to_string(folder.join("status")).context("/proc/…/status")?;
        let kib = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .and_then(|rest| rest.split_whitespace().next())
                .and_then(|text| text.parse::<f64>().ok())
                .with_context(|| format!("{name} in status"))
        };
        Ok(Usage {
            cpu_s: (cpu.0 + cpu.1) / TICKS,
            resident_mib: kib("VmRSS:")? / 1024.0,
            peak_mib: kib("VmHWM:")? / 1024.0,
        })
    }

    /// Ends it as a power cut would: whatever it acknowledged has to be there nevertheless.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().context("ending the server")?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already, unless an error is on its way up.
        if let Ok(None) = self.child.try_wait() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
