//! Configuration: a TOML file, then the environment (`TONGBAN_…`), then the command line; later wins.
//!
//! `docs/operations.md` describes every key; [`Config::default`] is a county office on one machine.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of the database file, the uploaded files and the keys.
    pub data: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// `postgres://…`; empty means SQLite in `data`.
    pub database: String,
    /// Where uploaded files are kept.
    pub objects: Objects,
    pub site: Site,
    pub limits: Limits,
    pub log: Log,
    /// How many days before its end a clock warns: `yellow_days`, `red_days`.
    pub alerts: cases::alerts::Bands,
}

/// Name and place as every page shows them.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// e.g. 云川市政务服务.
    pub place: String,
    /// Region code this deployment serves.
    pub region: String,
    /// e.g. https://zwfw.example.gov.cn; used in links that leave the site.
    pub base_url: String,
    /// Cookies travel only over TLS. Set it wherever TLS ends in front of this process.
    pub secure_cookies: bool,
    /// A reverse proxy in front sets `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// For those who build pages: the catalogue of components is served at `/design`.
    pub development: bool,
    /// 主办、承办 lines of the footer.
    pub host: String,
    pub operator: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests in work at once; more are answered 429.
    pub in_flight: usize,
    /// Bytes of one uploaded file.
    pub upload_bytes: u64,
    /// Connections (PostgreSQL) for writing.
    pub connections: usize,
    /// Reading threads; by default as many as there are cores.
    pub readers: Option<usize>,
    /// `/metrics` answers anyone; otherwise only this machine.
    pub metrics_public: bool,
    /// Page cache of SQLite's writer, MiB.
    pub cache_mib: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, or a filter like `info,tongban_store=debug`.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
    /// One line per request.
    pub access: bool,
}

/// An S3-compatible service for uploaded files (builds with feature `s3`); without a bucket they are kept in
/// `files` in the data folder.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Objects {
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub access_key_id: String,
    /// Better given by the environment than by the file.
    pub secret_access_key: String,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects")
            .field("endpoint", &self.endpoint)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data: PathBuf::from("tongban-data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database: String::new(),
            objects: Objects::default(),
            site: Site::default(),
            limits: Limits::default(),
            log: Log::default(),
            alerts: cases::alerts::Bands::default(),
        }
    }
}

impl Default for Site {
    fn default() -> Site {
        Site {
            place: "云川市政务服务".to_owned(),
            region: "990100".to_owned(),
            base_url: "http://127.0.0.1:8080".to_owned(),
            secure_cookies: false,
            behind_proxy: false,
            development: false,
            host: "云川市人民政府办公室".to_owned(),
            operator: "云川市行政审批服务管理局".to_owned(),
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            in_flight: 512,
            upload_bytes: 20 * 1024 * 1024,
            connections: 16,
            readers: None,
            metrics_public: false,
            cache_mib: 64,
        }
    }
}

impl Default for Log {
    fn default() -> Log {
        Log {
            level: "info".to_owned(),
            format: "text".to_owned(),
            access: true,
        }
    }
}

impl Config {
    /// Reads the file (if named), then the environment.
    pub fn load(file: Option<&Path>, environment: &[(String, String)]) -> anyhow::Result<Config> {
        let mut config = match file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read configuration {}", path.display()))?;
                toml::from_str(&text)
                    .with_context(|| format!("configuration {}", path.display()))?
            }
            None => Config::default(),
        };
        for (name, value) in environment {
            config.set(name, value)?;
        }
        Ok(config)
    }

    fn set(&mut self, name: &str, value: &str) -> anyhow::Result<()> {
        match name {
            "TONGBAN_DATA" => self.data = PathBuf::from(value),
            "TONGBAN_LISTEN" => {
                self.listen = value
                    .parse()
                    .context("TONGBAN_LISTEN must be an address like 127.0.0.1:8080")?;
            }
            "TONGBAN_DATABASE" => value.clone_into(&mut self.database),
            "TONGBAN_OBJECTS_ENDPOINT" => value.clone_into(&mut self.objects.endpoint),
            "TONGBAN_OBJECTS_REGION" => value.clone_into(&mut self.objects.region),
            "TONGBAN_OBJECTS_BUCKET" => value.clone_into(&mut self.objects.bucket),
            "TONGBAN_OBJECTS_ACCESS_KEY_ID" => value.clone_into(&mut self.objects.access_key_id),
            "TONGBAN_OBJECTS_SECRET_ACCESS_KEY" => {
                value.clone_into(&mut self.objects.secret_access_key);
            }
            "TONGBAN_SITE_PLACE" => value.clone_into(&mut self.site.place),
            "TONGBAN_SITE_REGION" => value.clone_into(&mut self.site.region),
            "TONGBAN_SITE_BASE_URL" => value.clone_into(&mut self.site.base_url),
            "TONGBAN_SITE_SECURE_COOKIES" => {
                self.site.secure_cookies = match value {
                    "1" | "true" => true,
                    "0" | "false" => false,
                    _ => bail!("TONGBAN_SITE_SECURE_COOKIES must be true or false"),
                };
            }
            "TONGBAN_LOG_LEVEL" => value.clone_into(&mut self.log.level),
            "TONGBAN_ALERTS_YELLOW_DAYS" => {
                self.alerts.yellow_days = value
                    .parse()
                    .context("TONGBAN_ALERTS_YELLOW_DAYS must be a number of days")?;
            }
            "TONGBAN_ALERTS_RED_DAYS" => {
                self.alerts.red_days = value
                    .parse()
                    .context("TONGBAN_ALERTS_RED_DAYS must be a number of days")?;
            }
            "TONGBAN_LOG_FORMAT" => value.clone_into(&mut self.log.format),
            // Names for tests and tools are not ours to judge.
            _ => {}
        }
        Ok(())
    }

    /// What [`store::Options::parse`] takes.
    pub fn database_url(&self) -> String {
        if self.database.is_empty() {
            format!("sqlite:{}", self.data.join("tongban.db").display())
        } else {
            self.database.clone()
        }
    }

    pub fn keys_path(&self) -> PathBuf {
        self.data.join("keys.toml")
    }

    pub fn files_path(&self) -> PathBuf {
        self.data.join("files")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_over_the_file_and_unknown_keys_are_refused() {
        let folder = std::env::temp_dir().join(format!("tongban-config-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let path = folder.join("tongban.toml");
        std::fs::write(
            &path,
            "listen = \"127.0.0.1:9000\"\n[site]\nplace = \"测试\"\n",
        )
        .expect("written");
        let environment = [("TONGBAN_LISTEN".to_owned(), "127.0.0.1:9001".to_owned())];
        let config = Config::load(Some(&path), &environment).expect("loads");
        assert_eq!(config.listen.port(), 9001);
        assert_eq!(config.site.place, "测试");

        std::fs::write(&path, "lisen = \"127.0.0.1:9000\"\n").expect("written");
        let error = Config::load(Some(&path), &[]).expect_err("a typo is named");
        assert!(format!("{error:#}").contains("lisen"), "{error:#}");
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
