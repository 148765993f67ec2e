//! What the client sends, read by a thread of its own: so it is known while the program runs.

use std::{
    io::{BufReader, Read},
    process,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
    time::Duration,
};

use super::{
    message::{NoRequest, Request},
    wire::{self, WireError},
};

/// Messages that may wait. (Then the client does.)
const WAITING: usize = 1024;

/// How long a program may take to notice that it is to end: it may be asleep, or wait for a connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why nothing comes any more, unless the client has closed the stream.
pub type WireEnd = Option<WireError>;

/// What came in.
pub enum Incoming {
    /// A request.
    Request(Request),
    /// Something else.
    Bad(NoRequest),
    /// Nothing comes any more.
    End(WireEnd),
}

impl Incoming {
    /// Whether it is to stop a program wherever that is.
    fn is_urgent(&self) -> bool {
        match self {
            Incoming::Request(request) => {
                matches!(
                    request.command.as_str(),
                    "pause" | "terminate" | "disconnect"
                )
            }
            Incoming::Bad(_) => false,
            Incoming::End(_) => true,
        }
    }

    fn is_last(&self) -> bool {
        match self {
            Incoming::Request(request) => request.command == "disconnect",
            Incoming::Bad(_) => false,
            Incoming::End(_) => true,
        }
    }
}

/// How much waits.
#[derive(Default)]
pub struct Waiting {
    all: AtomicUsize,
    urgent: AtomicUsize,
}

impl Waiting {
    /// Whether anything does.
    pub fn any(&self) -> bool {
        self.all.load(Ordering::Acquire) > 0
    }

    /// Whether something does that stops a program.
    pub fn urgent(&self) -> bool {
        self.urgent.load(Ordering::Acquire) > 0
    }

    fn add(&self, incoming: &Incoming) {
        self.all.fetch_add(1, Ordering::AcqRel);
        if incoming.is_urgent() {
            self.urgent.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn take(&self, incoming: &Incoming) {
        self.all.fetch_sub(1, Ordering::AcqRel);
        if incoming.is_urgent() {
            self.urgent.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// The queue.
pub struct Requests {
    receiver: Receiver<Incoming>,
    waiting: Arc<Waiting>,
}

impl Requests {
    /// Begins to read.
    pub fn of(stream: impl Read + Send + 'static) -> Requests {
        let (sender, receiver) = mpsc::sync_channel(WAITING);
        let waiting = Arc::new(Waiting::default());
        let count = waiting.clone();
        thread::spawn(move || read(BufReader::new(stream), &sender, &count));
        Requests { receiver, waiting }
    }

    /// What waits.
    pub fn waiting(&self) -> Arc<Waiting> {
        self.waiting.clone()
    }

    /// Waits for what comes next.
    pub fn next(&self) -> Incoming {
        let incoming = self.receiver.recv();
        self.taken(incoming.unwrap_or(Incoming::End(None)))
    }

    /// What has come already.
    pub fn next_if_any(&self) -> Option<Incoming> {
        let incoming = self.receiver.try_recv().ok()?;
        Some(self.taken(incoming))
    }

    fn taken(&self, incoming: Incoming) -> Incoming {
        // (The thread that reads counts before it sends; after the end nobody has counted.)
        if self.waiting.any() {
            self.waiting.take(&incoming);
        }
        incoming
    }
}

fn read(mut stream: BufReader<impl Read>, sender: &SyncSender<Incoming>, waiting: &Waiting) {
    loop {
        let incoming = match wire::read(&mut stream) {
            Ok(Some(message)) => match Request::of(message) {
                Ok(Some(request)) => Incoming::Request(request),
                Ok(None) => continue,
                Err(bad) => Incoming::Bad(bad),
            },
            Ok(None) => Incoming::End(None),
            Err(error) if error.is_over() => Incoming::Bad(NoRequest {
                seq: None,
                why: error.to_string(),
            }),
            Err(error) => Incoming::End(Some(error)),
        };
        let last = incoming.is_last();
        waiting.add(&incoming);
        if sender.send(incoming).is_err() {
            return;
        }
        if last {
            // The process ends before that, unless the program is in a call of the system that does not.
            thread::sleep(PATIENCE);
            process::exit(0);
        }
    }
}
