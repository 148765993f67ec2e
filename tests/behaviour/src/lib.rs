//! What every host of WASI does alike, as tests for the desktop and for chips: each of [`suites`] gets a fixture
//! that makes a host with one empty directory, calls WASI as a guest would, and panics where it finds something else
//! than it should.

#![no_std]

extern crate alloc;

pub mod program;
pub mod suites;

use program::Program;
use wasmote_wasi::{DirRights, Host, WasiCtxBuilder};

/// A host with one empty directory, which should not be the root, so that there is something outside.
pub trait Fixture {
    /// The host.
    type Host: Host;
    /// Whether files can have several names, and names lead to other names.
    const LINKS: bool = true;
    /// A program with a preopen of the directory for each of these rights.
    fn program(self, preopens: &[DirRights]) -> Program<Self::Host>;
}

/// The program that the suites want: with their arguments and environment, and preopens of what `dir` opens.
pub fn program<H: Host>(
    mut host: H,
    preopens: &[DirRights],
    mut dir: impl FnMut(&mut H) -> H::Dir,
) -> Program<H> {
    let mut builder = WasiCtxBuilder::new()
        .args(["prog", "arg"])
        .and_then(|builder| builder.env("K", "V"))
        .expect("no NUL bytes");
    for &rights in preopens {
        let dir = dir(&mut host);
        builder = builder
            .preopen(dir, "/", rights)
            .expect("a name without NUL");
    }
    Program::new(builder.build(host).expect("few descriptors"))
}

/// Gives a macro the names of all suites: those for every host, and those for hosts with links.
#[macro_export]
macro_rules! for_suites {
    ($then:ident) => {
        $then! {
            [
                reading_and_writing
                appending
                directories
                listing
                renaming
                times
                read_only_directories_stay_as_they_are
                paths_that_climb_out_are_refused
                names_have_limits
                files_without_names_live_until_they_are_closed
                renames_replace_what_they_may
                moving_does_not_launder_rights
                descriptors_move
                room_is_made_and_hints_are_taken
                the_old_layouts_are_served
                clocks_arguments_and_randomness
            ]
            [
                links
                times_of_links
                links_that_lead_out_are_refused
                renames_of_links
            ]
        }
    };
}
