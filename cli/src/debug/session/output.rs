//! What the program printed, and when.

use wasmote_std_host::Capture;

/// Where the program's output goes.
#[derive(Clone)]
pub struct Kept {
    /// Standard output.
    pub output: Capture,
    /// Standard error.
    pub errors: Capture,
}

/// One of the program's streams.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Errors,
}

/// Something that was printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// The first step at which it was there.
    pub step: u64,
    /// Where to.
    pub stream: Stream,
    /// What.
    pub bytes: Vec<u8>,
}

/// All that was printed.
pub struct Output {
    kept: Kept,
    /// How much of each stream is in the chunks.
    seen: [usize; 2],
    chunks: Vec<Chunk>,
}

impl Output {
    /// Nothing yet, but what came before the first step.
    pub fn new(kept: Kept, step: u64) -> Output {
        let mut output = Output {
            kept,
            seen: [0; 2],
            chunks: Vec::new(),
        };
        output.note(step);
        output
    }

    /// Takes what is new; it is there from this step on.
    pub fn note(&mut self, step: u64) {
        for (stream, from) in [
            (Stream::Output, &self.kept.output),
            (Stream::Errors, &self.kept.errors),
        ] {
            let seen = &mut self.seen[stream as usize];
            let bytes = from.since(*seen);
            if !bytes.is_empty() {
                *seen += bytes.len();
                self.chunks.push(Chunk {
                    step,
                    stream,
                    bytes,
                });
            }
        }
    }

    /// What was there at a step.
    pub fn up_to(&self, step: u64) -> &[Chunk] {
        let end = self.chunks.partition_point(|chunk| chunk.step <= step);
        &self.chunks[..end]
    }
}
