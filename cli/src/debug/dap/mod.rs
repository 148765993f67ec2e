//! `wasmote debug --dap`: a debug adapter, for editors.
//!
//! Requests come on standard input, responses and events go to standard output (the Debug Adapter Protocol). So what the
//! program prints is told in events, and it reads from a file. Numbers of the protocol: there is one thread, 1;
//! breakpoints have those of the session; frames and variables have theirs until the program moves.

mod adapter;
mod breakpoints;
mod capabilities;
mod code;
mod condition;
mod console;
mod frames;
mod handles;
mod launch;
mod memory;
mod message;
mod motion;
mod requests;
mod text;
mod variables;
mod wire;

use std::{env, io, process::ExitCode};

use serde_json::{Map, Value};

use self::{
    adapter::Adapter,
    capabilities::{CAPABILITIES, ClientInfo},
    launch::Launch,
    message::{Answer, Client, Request},
    requests::{Incoming, Requests, WireEnd},
};
use super::{
    session::Session,
    start::{self, FrontEnd},
};
use crate::{error::Failure, load::reason};

/// The connection to the editor.
struct Link {
    requests: Requests,
    client: Client,
    info: ClientInfo,
}

/// Serves an editor until it has enough.
pub fn serve() -> Result<ExitCode, Failure> {
    let mut link = Link {
        requests: Requests::of(io::stdin()),
        client: Client::new(io::stdout()),
        info: ClientInfo::default(),
    };
    loop {
        let request = match link.requests.next() {
            Incoming::Request(request) => request,
            Incoming::Bad(message) => {
                link.client.reject(message);
                continue;
            }
            Incoming::End(end) => return over(end),
        };
        match request.command.as_str() {
            "launch" => match launch(&mut link, &request) {
                Ok(End::Disconnected) => return Ok(ExitCode::SUCCESS),
                Ok(End::Stream(end)) => return over(end),
                Err(why) => link.client.respond(&request, Err(why)),
            },
            "disconnect" => {
                link.client.respond(&request, Ok(Value::Null));
                return Ok(ExitCode::SUCCESS);
            }
            "initialize" => {
                let answer = initialize(&mut link, &request);
                link.client.respond(&request, answer);
            }
            "attach" => {
                let why = "there is nothing to attach to: programs are launched";
                link.client.respond(&request, Err(why.to_owned()));
            }
            other => {
                let why = format!("`{other}` has to wait until a program is launched");
                link.client.respond(&request, Err(why));
            }
        }
        if link.client.is_gone() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

fn initialize(link: &mut Link, request: &Request) -> Answer {
    let info: ClientInfo = request.arguments()?;
    if info
        .path_format
        .as_deref()
        .is_some_and(|format| format != "path")
    {
        return Err("paths are to be paths, not URIs".to_owned());
    }
    link.info = info;
    Ok(CAPABILITIES.clone())
}

/// How a session has ended.
enum End {
    /// The client wanted it.
    Disconnected,
    /// Nothing comes from it any more.
    Stream(WireEnd),
}

/// Debugs a program, from its launch on. The request is answered, unless there is nothing to debug.
fn launch(link: &mut Link, request: &Request) -> Result<End, String> {
    let attributes: Map<String, Value> = request.arguments()?;
    let launch = Launch::of(attributes)?;
    if let Some(cwd) = &launch.cwd {
        env::set_current_dir(cwd)
            .map_err(|error| format!("{}: {}", cwd.display(), reason(&error)))?;
    }
    for name in &launch.unknown {
        let text = format!("warning: the attribute `{name}` of the launch is not known\n");
        link.client.print("console", &text);
    }
    let debugged = start::with(
        &launch.args,
        Launched {
            link,
            request,
            launch: &launch,
        },
    );
    debugged.map_err(|failure| match failure {
        Failure::Error(message) | Failure::Trap(message) => message,
    })
}

struct Launched<'a> {
    link: &'a mut Link,
    request: &'a Request,
    launch: &'a Launch,
}

impl FrontEnd for Launched<'_> {
    type Output = End;

    const SHOWS_TEXT: bool = true;

    fn run<T: 'static>(self, session: Session<'_, T>) -> Result<End, Failure> {
        self.link.client.respond(self.request, Ok(Value::Null));
        Ok(Adapter::new(self.link, session, self.launch).serve())
    }
}

/// What the end of the stream comes to.
fn over(end: WireEnd) -> Result<ExitCode, Failure> {
    match end {
        None => Ok(ExitCode::SUCCESS),
        Some(error) => Err(Failure::new(format!("standard input: {error}"))),
    }
}
