//! PostgreSQL: worker threads, each owning one connection and the runtime that drives it, so that no statement
//! ever waits for another thread.

mod link;
mod sequencer;
mod session;
mod tls;
mod value;
mod worker;

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::Sender;
use tokio::sync::watch;

pub(crate) use sequencer::Sequencer;
pub(crate) use session::{Session, bare_tokens};

use crate::metrics::Counters;
use crate::sqlite::{Message, spawn};
use crate::work::{ReadJob, WriteJob};
use crate::{Error, Options};

/// The running threads.
pub(crate) struct Threads {
    pub(crate) writes: Sender<Message<dyn WriteJob>>,
    pub(crate) reads: Sender<Message<dyn ReadJob>>,
    pub(crate) writers: Vec<JoinHandle<()>>,
    pub(crate) readers: Vec<JoinHandle<()>>,
    pub(crate) sequencer: Sequencer,
}

/// Connects once, so that a wrong address is told at once, and starts the threads; they connect when first needed.
pub(crate) fn open(
    address: &str,
    options: &Options,
    counters: &Arc<Counters>,
    head: &Arc<watch::Sender<i64>>,
) -> Result<Threads, Error> {
    let address = tls::Address::parse(address)?;
    let (sequencer, sequencing) = sequencer::start(address.clone(), Arc::clone(head))?;
    let (writing, write_queue) = crossbeam_channel::bounded(options.queue.max(1));
    let (reading, read_queue) = crossbeam_channel::bounded(options.queue.max(1));
    let mut writers = vec![sequencing];
    for number in 0..options.connections.max(1) {
        let queue = write_queue.clone();
        let mut worker = worker::Worker::new(address.clone(), Arc::clone(counters), number as u64);
        let nudge = sequencer.clone();
        writers.push(spawn(format!("store-write-{number}"), move || {
            worker.serve_writes(&queue, &nudge);
        })?);
    }
    let mut readers = Vec::new();
    for number in 0..options.readers.max(1) {
        let queue = read_queue.clone();
        let mut worker = worker::Worker::new(address.clone(), Arc::clone(counters), number as u64);
        readers.push(spawn(format!("store-read-{number}"), move || {
            worker.serve_reads(&queue);
        })?);
    }
    Ok(Threads {
        writes: writing,
        reads: reading,
        writers,
        readers,
        sequencer,
    })
}
