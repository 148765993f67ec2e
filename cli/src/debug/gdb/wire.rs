//! Packets on a connection: `$` text `#` checksum, acknowledged until both sides agree not to.
//!
//! Whole packets are taken off the connection here and only then given to `gdbstub`: what is damaged is answered with an
//! error and the session goes on, and while the program runs nothing but Ctrl-C is looked for.

use std::{
    cell::RefCell,
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    rc::Rc,
};

use gdbstub::conn::Connection;

/// Bytes that packets may have, both ways.
pub const MAX_PACKET: usize = 1 << 16;

/// What a client sends to stop the program.
const INTERRUPT: u8 = 3;

/// What came in.
#[derive(PartialEq, Eq, Debug)]
pub enum Input {
    /// A packet, from `$` to its checksum, which is right.
    Packet(Vec<u8>),
    /// Ctrl-C.
    Interrupt,
    /// What cannot be a packet.
    Garbage,
    /// The client has closed the connection.
    End,
}

/// What comes from the client.
pub struct Requests {
    stream: TcpStream,
    /// What was read and not used yet.
    bytes: Vec<u8>,
    replies: Replies,
}

impl Requests {
    pub fn new(stream: TcpStream, replies: Replies) -> Requests {
        Requests {
            stream,
            bytes: Vec::new(),
            replies,
        }
    }

    /// Waits for what comes next.
    pub fn next(&mut self) -> io::Result<Input> {
        loop {
            if let Some(input) = self.take()? {
                return Ok(input);
            }
            if !self.read()? {
                return Ok(Input::End);
            }
        }
    }

    /// Whether Ctrl-C came, or the end, without waiting. Packets wait until the program has stopped.
    pub fn interrupted(&mut self) -> io::Result<Option<Input>> {
        self.stream.set_nonblocking(true)?;
        let read = match self.bytes.len() < MAX_PACKET {
            true => self.read(),
            false => Ok(true),
        };
        self.stream.set_nonblocking(false)?;
        match read {
            Ok(true) => {}
            Ok(false) => return Ok(Some(Input::End)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        let acknowledgements = self.bytes.iter().take_while(|byte| **byte == b'+').count();
        self.bytes.drain(..acknowledgements);
        if self.bytes.first() != Some(&INTERRUPT) {
            return Ok(None);
        }
        self.bytes.remove(0);
        Ok(Some(Input::Interrupt))
    }

    /// More bytes; false at the end.
    fn read(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        let count = loop {
            match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break 0,
                read => break read?,
            }
        };
        self.bytes.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }

    fn take(&mut self) -> io::Result<Option<Input>> {
        while let Some(first) = self.bytes.first() {
            match first {
                b'$' => {
                    let end = self.bytes.iter().position(|byte| *byte == b'#');
                    let Some(end) = end.filter(|end| self.bytes.len() > end + 2) else {
                        if self.bytes.len() <= MAX_PACKET {
                            return Ok(None);
                        }
                        self.bytes.clear();
                        return Ok(Some(Input::Garbage));
                    };
                    let packet: Vec<u8> = self.bytes.drain(..end + 3).collect();
                    let told = str::from_utf8(&packet[end + 1..]).ok();
                    let told = told.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                    if told == Some(checksum(&packet[1..end])) && packet.len() <= MAX_PACKET {
                        return Ok(Some(Input::Packet(packet)));
                    }
                    if !self.replies.ask_again()? {
                        return Ok(Some(Input::Garbage));
                    }
                }
                &INTERRUPT => {
                    self.bytes.remove(0);
                    return Ok(Some(Input::Interrupt));
                }
                b'-' => {
                    self.bytes.remove(0);
                    self.replies.repeat()?;
                }
                // Acknowledgements, and what is between packets.
                _ => {
                    self.bytes.remove(0);
                }
            }
        }
        Ok(None)
    }
}

/// What goes to the client. Clones are the same.
#[derive(Clone)]
pub struct Replies(Rc<RefCell<Sender>>);

struct Sender {
    stream: TcpStream,
    /// Not sent yet.
    bytes: Vec<u8>,
    last: Vec<u8>,
    acknowledges: bool,
}

impl Replies {
    pub fn new(stream: TcpStream) -> Replies {
        Replies(Rc::new(RefCell::new(Sender {
            stream,
            bytes: Vec::new(),
            last: Vec::new(),
            acknowledges: true,
        })))
    }

    /// Sends a packet of ours as the answer to one, instead of what was written.
    pub fn answer(&self, text: &str) -> io::Result<()> {
        self.0.borrow_mut().bytes = vec![b'+'];
        self.send(text)
    }

    /// Sends a packet of ours.
    pub fn send(&self, text: &str) -> io::Result<()> {
        let mut sender = self.0.borrow_mut();
        let packet = format!("${text}#{:02x}", checksum(text.as_bytes()));
        sender.bytes.extend_from_slice(packet.as_bytes());
        sender.flush()
    }

    /// Sends what was written.
    pub fn push(&self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }

    /// From now on, packets are not acknowledged.
    pub fn stop_acknowledging(&self) {
        self.0.borrow_mut().acknowledges = false;
    }

    /// Asks for a damaged packet once more; false if that is not possible.
    fn ask_again(&self) -> io::Result<bool> {
        let mut sender = self.0.borrow_mut();
        if sender.acknowledges {
            sender.stream.write_all(b"-")?;
        }
        Ok(sender.acknowledges)
    }

    fn repeat(&self) -> io::Result<()> {
        let mut sender = self.0.borrow_mut();
        let last = sender.last.clone();
        sender.stream.write_all(&last)
    }
}

impl Sender {
    fn flush(&mut self) -> io::Result<()> {
        let mut bytes = std::mem::take(&mut self.bytes);
        // (A stub that was begun anew does not know what was agreed on.)
        if !self.acknowledges && bytes.first() == Some(&b'+') {
            bytes.remove(0);
        }
        if bytes.contains(&b'$') {
            self.last.clone_from(&bytes);
        }
        self.stream.write_all(&bytes)
    }
}

impl Connection for Replies {
    type Error = io::Error;

    fn write(&mut self, byte: u8) -> io::Result<()> {
        self.0.borrow_mut().bytes.push(byte);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.push()
    }
}

fn checksum(bytes: &[u8]) -> u8 {
    bytes
        .iter()
        .fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}
