//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

/// 通办: the platform a city, county or province runs its government services on.
#[derive(Debug, Parser)]
#[command(name = "tongban", version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a complete synthetic city and serve it.
    Demo(Demo),
    /// Serve.
    Serve(Serve),
    /// Replay every trail and compare it with the stored rows and the hash chain.
    Verify(Place),
    /// Check an exported case file with nothing but the file.
    VerifyFile(VerifyFile),
    /// Seal again with the newest key what older keys sealed, while serving goes on.
    Reseal(Reseal),
    /// Bring the database to this version.
    Migrate(Place),
    /// Working days and due dates.
    #[command(subcommand)]
    Calendar(Calendar),
    /// Official codes.
    #[command(subcommand)]
    Code(Code),
    /// Load catalogues, regions or a calendar from a file.
    Import(Import),
    /// Staff accounts.
    #[command(subcommand)]
    User(User),
    /// Write database and files into a folder while serving goes on.
    Backup(Backup),
    /// Load a backup into an empty data folder or database.
    Restore(Restore),
}

/// Where the data is.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// Configuration file.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Data folder.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// postgres://… instead of SQLite in the data folder.
    #[arg(long)]
    pub database: Option<String>,
}

#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    pub place: Place,
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// The same seed makes the same city.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Cases of the past year.
    #[arg(long, default_value_t = 5000)]
    pub cases: u64,
    /// Make the city and stop, without serving.
    #[arg(long)]
    pub no_serve: bool,
    /// Ask the program `registers` at this address instead of registers kept in the database; what it needs to know is
    /// written to `registers.ndjson` in the data folder.
    #[arg(long, value_name = "URL")]
    pub registers: Option<String>,
    /// The instant the city lives in when it starts, such as 2026-05-11T10:20:00+08:00; its time goes on from there.
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<jiff::Timestamp>,
    /// Time stands still at that instant: pages look the same whenever they are looked at.
    #[arg(long, requires = "at")]
    pub still: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub place: Place,
    #[arg(long)]
    pub listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub enum Calendar {
    /// CSV `start,unit,length[,pauses]` in, `due,provisional` added.
    Due(Batch),
    /// CSV `from,to` in, `working_days` added (both ends included).
    Count(Batch),
}

#[derive(Debug, Subcommand)]
pub enum Code {
    /// CSV `kind,value` in, `valid,error` added.
    Check(Batch),
}

#[derive(Debug, Args)]
pub struct Batch {
    /// Read CSV with a header line from standard input, write it with the added columns to standard output.
    #[arg(long, required = true)]
    pub batch: bool,
}

#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    pub place: Place,
    /// What the file holds.
    #[arg(value_enum)]
    pub what: ImportKind,
    pub file: PathBuf,
    /// Only report what would happen.
    #[arg(long)]
    pub dry_run: bool,
    /// Items: key of the body for records whose department nobody answers to.
    #[arg(long, value_name = "KEY")]
    pub default_org: Option<String>,
    /// Items: a file that says which body a department is, `区民政局=990102.civil`, one a line.
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Items: import the good rows of a file in which others have errors.
    #[arg(long)]
    pub keep_good_rows: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ImportKind {
    /// Items: JSON, CSV or XLSX.
    Items,
    /// Administrative divisions: CSV.
    Regions,
    /// Holiday arrangements: CSV; open clocks are computed again.
    Calendar,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Create a staff account; the password is asked for or read from TONGBAN_PASSWORD.
    Create {
        #[command(flatten)]
        place: Place,
        login: String,
        /// Shown name.
        #[arg(long)]
        name: String,
        /// Key of the organisation.
        #[arg(long)]
        org: String,
        /// Make the organisation under this name if it is not there: for the first administrator.
        #[arg(long)]
        new_org: Option<String>,
        /// `role@region` or `role@region/org-key`; repeat for more.
        #[arg(long = "grant", required = true)]
        grants: Vec<String>,
    },
    /// List staff accounts.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Set a new password.
    Password {
        #[command(flatten)]
        place: Place,
        login: String,
    },
    /// Close an account.
    Disable {
        #[command(flatten)]
        place: Place,
        login: String,
    },
}

#[derive(Debug, Args)]
pub struct Reseal {
    #[command(flatten)]
    pub place: Place,
    /// Put a fresh key into the key file and stop; every server is to be started again before the next `reseal`.
    #[arg(long)]
    pub new_key: bool,
}

#[derive(Debug, Args)]
pub struct VerifyFile {
    /// The exported ZIP.
    pub file: PathBuf,
    /// Print of the public key the file must be sealed with, as the platform that exported it publishes.
    #[arg(long, value_name = "PRINT")]
    pub key: Option<String>,
}

#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    pub place: Place,
    /// Folder to make; must not exist.
    pub to: PathBuf,
    /// Leave the keys out: without them personal data in the backup cannot be read.
    #[arg(long)]
    pub without_keys: bool,
}

#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    pub place: Place,
    pub from: PathBuf,
}
