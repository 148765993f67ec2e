//! `wasmote debug --gdb`: a server of the protocol that gdb and LLDB debug remote programs with.
//!
//! The protocol is the crate `gdbstub`'s, with LLDB's queries for WebAssembly; what it says goes to a [`Debuggee`], a
//! program on its timeline, which it is told to run backwards too. Two things of the protocol are here, because
//! `gdbstub` ends the session for them: damaged packets, and malformed ones, which are answered with an error. What LLDB
//! has no packets for are [commands](monitor) in words.

mod arch;
mod debuggee;
mod monitor;
mod target;
#[cfg(test)]
mod tests;
mod wire;

use std::{
    io, iter,
    net::{TcpListener, TcpStream},
    path::Path,
    process::ExitCode,
};

use gdbstub::{
    common::Signal,
    stub::{
        DisconnectReason, GdbStub, GdbStubError, SingleThreadStopReason,
        state_machine::{GdbStubStateMachine, GdbStubStateMachineInner, state},
    },
};
use wasmote::{Error, debug::Snapshot};
use wasmote_wasi::Host;

pub use self::debuggee::Debuggee;
use self::{
    arch::PcId,
    debuggee::signal,
    wire::{Input, MAX_PACKET, Replies, Requests},
};
use crate::{
    args::{DebugArgs, ProgramArgs},
    error::Failure,
    load::reason,
    pause,
    program::{self, Program, Setup, Task},
    run::{show, status},
};

type Machine<T> = GdbStubStateMachine<'static, Debuggee<T>, Replies>;
type Idle<T> = GdbStubStateMachineInner<'static, state::Idle<Debuggee<T>>, Debuggee<T>, Replies>;
type Trouble = GdbStubError<Error, io::Error>;

/// What an error packet says. (Debuggers look at no more than that it is one.)
const MALFORMED: &str = "E01";

/// Asks to do without acknowledgements.
const NO_ACKNOWLEDGEMENTS: &[u8] = b"$QStartNoAckMode#b0";

/// Waits for a client at an address, and lets it debug the program.
pub fn serve(address: &str, args: &DebugArgs) -> Result<ExitCode, Failure> {
    let from = pause::read_from(args.from.as_deref())?;
    let setup = Setup {
        debug: true,
        ..Setup::default()
    };
    program::with(
        &args.program,
        &setup,
        Serve {
            address,
            arguments: &args.program,
            from,
        },
    )
}

struct Serve<'a> {
    address: &'a str,
    arguments: &'a ProgramArgs,
    /// A state to begin with, and where it was read.
    from: Option<(&'a Path, Snapshot)>,
}

impl Task for Serve<'_> {
    type Output = ExitCode;

    fn run<H: Host + 'static>(self, mut program: Program<H>) -> Result<ExitCode, Failure> {
        if let Some((path, snapshot)) = &self.from {
            let call = pause::restore(&mut program, snapshot, path, self.arguments.fuel)?;
            let Program {
                file,
                module,
                store,
                ..
            } = program;
            return debug(self.address, Debuggee::at(store, module, file, call)?);
        }
        let entry = match program.begin(self.arguments)? {
            Ok(entry) => entry,
            Err(error) => return status(Err(error)),
        };
        let Program {
            file,
            module,
            store,
            ..
        } = program;
        debug(self.address, Debuggee::start(store, module, file, &entry)?)
    }
}

/// Waits for a client at an address, and lets it debug; the results of an invoked function are printed.
pub fn debug<T: 'static>(address: &str, mut debuggee: Debuggee<T>) -> Result<ExitCode, Failure> {
    let stream = accept(address)?;
    match session(&mut debuggee, &stream)? {
        DisconnectReason::Kill => {
            return Err(Failure::new("the debugger has ended the program"));
        }
        DisconnectReason::Disconnect => debuggee.run_to_end()?,
        DisconnectReason::TargetExited(_) | DisconnectReason::TargetTerminated(_) => {}
    }
    match debuggee.outcome() {
        Ok(results) => {
            show(results)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => match error.i32_exit_status() {
            Some(status) => Ok(ExitCode::from(status as u8)),
            None => Err(error.into()),
        },
    }
}

/// The first client that comes.
fn accept(address: &str) -> Result<TcpStream, Failure> {
    let failed = |error: io::Error| {
        Failure::new(format!("cannot listen at `{address}`: {}", reason(&error)))
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    eprintln!("listening at {}", listener.local_addr().map_err(failed)?);
    let (stream, _) = listener.accept().map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

/// Does what the client says, until the program is over or the client has had enough.
fn session<T: 'static>(
    debuggee: &mut Debuggee<T>,
    stream: &TcpStream,
) -> Result<DisconnectReason, Failure> {
    let replies = Replies::new(stream.try_clone().map_err(lost)?);
    let mut requests = Requests::new(stream.try_clone().map_err(lost)?, replies.clone());
    let mut machine = fresh(debuggee, &replies)?;
    loop {
        machine = match machine {
            GdbStubStateMachine::Idle(idle) => match requests.next().map_err(lost)? {
                Input::Packet(packet) => match feed(idle, debuggee, &packet) {
                    Ok(machine) => {
                        if packet == NO_ACKNOWLEDGEMENTS {
                            replies.stop_acknowledging();
                        }
                        // (The answer to an order to run comes later, its acknowledgement does not.)
                        replies.push().map_err(lost)?;
                        machine
                    }
                    Err(error) => {
                        recover(error)?;
                        replies.answer(MALFORMED).map_err(lost)?;
                        fresh(debuggee, &replies)?
                    }
                },
                Input::Garbage => {
                    replies.answer(MALFORMED).map_err(lost)?;
                    idle.into()
                }
                // The program stands already.
                Input::Interrupt => idle.into(),
                Input::End => return Err(gone(debuggee)),
            },
            GdbStubStateMachine::Running(running) => {
                let stop = match requests.interrupted().map_err(lost)? {
                    Some(Input::End) => return Err(gone(debuggee)),
                    Some(_) => Some(signal(Signal::SIGINT)),
                    None => debuggee.work()?,
                };
                let Some(stop) = stop else {
                    machine = running.into();
                    continue;
                };
                if let Some(words) = debuggee.message.take() {
                    let digits: String = words.bytes().map(|byte| format!("{byte:02x}")).collect();
                    replies.send(&format!("O{digits}")).map_err(lost)?;
                }
                let pc = debuggee.pc().to_le_bytes();
                let mut registers = iter::once((PcId, &pc[..]));
                running
                    .report_stop_with_regs(debuggee, stop, &mut registers)
                    .map_err(broken)?
            }
            // (It is never given a Ctrl-C.)
            GdbStubStateMachine::CtrlCInterrupt(interrupt) => interrupt
                .interrupt_handled(debuggee, None::<SingleThreadStopReason<u64>>)
                .map_err(broken)?,
            GdbStubStateMachine::Disconnected(end) => return Ok(end.get_reason()),
        };
    }
}

/// The protocol at its begin.
fn fresh<T: 'static>(debuggee: &mut Debuggee<T>, replies: &Replies) -> Result<Machine<T>, Failure> {
    let stub = GdbStub::builder(replies.clone())
        .packet_buffer_size(MAX_PACKET)
        .build()
        .map_err(|error| Failure::new(error.to_string()))?;
    stub.run_state_machine(debuggee).map_err(broken)
}

/// Hands a packet to the protocol.
fn feed<T: 'static>(
    idle: Idle<T>,
    debuggee: &mut Debuggee<T>,
    packet: &[u8],
) -> Result<Machine<T>, Trouble> {
    let mut machine = Machine::from(idle);
    for byte in packet {
        machine = match machine {
            GdbStubStateMachine::Idle(idle) => idle.incoming_data(debuggee, *byte)?,
            other => other,
        };
    }
    Ok(machine)
}

/// Lets pass what the client has done wrong.
fn recover(error: Trouble) -> Result<(), Failure> {
    match error.is_target_error() || error.is_connection_error() {
        true => Err(broken(error)),
        false => Ok(()),
    }
}

fn broken(error: Trouble) -> Failure {
    if error.is_target_error() {
        return match error.into_target_error() {
            Some(error) => error.into(),
            None => Failure::new("the program cannot be debugged"),
        };
    }
    match error.into_connection_error() {
        Some((error, _)) => lost(error),
        None => Failure::new("the debugger breaks the protocol"),
    }
}

fn lost(error: io::Error) -> Failure {
    Failure::new(format!(
        "the connection to the debugger broke: {}",
        reason(&error)
    ))
}

fn gone<T: 'static>(debuggee: &Debuggee<T>) -> Failure {
    Failure::new(format!(
        "the debugger is gone; the program was at step {}",
        debuggee.steps()
    ))
}
