//! A WASI host for microcontrollers: files on flash, serial lines, clocks and randomness, over the traits that
//! chips' drivers implement. It needs no operating system, and allocates nothing.
//!
//! ```
//! use wasmote_embedded_host::{
//!     EmbeddedHost, FlashFiles, Littlefs, Serial, Settings,
//!     wasmote_wasi::{DirRights, WasiCtxBuilder},
//! };
//! # use wasmote_embedded_host::{MonotonicClock, wasmote_wasi::{Errno, WasiCtx}, Stdio, FlashDir};
//! # fn board<F, U, R, M, D>(flash: F, uart: U, rng: R, timer: M, delay: D) -> Option<()>
//! # where
//! #     F: embedded_storage::nor_flash::NorFlash,
//! #     U: embedded_io::Read + embedded_io::ReadReady + embedded_io::Write,
//! #     R: rand_core::TryCryptoRng,
//! #     M: MonotonicClock,
//! #     D: embedded_hal::delay::DelayNs,
//! # {
//! // `flash`, `uart`, `rng`, `timer` and `delay` are what the chip's drivers give.
//! let fs = Littlefs::<_, 256, 16, 2>::mount_or_format(flash, &Settings::default()).ok()?;
//! let mut files = FlashFiles::<_, 8, 128>::new(fs).ok()?;
//! files.create_dir_all("data").ok()?;
//! let data = files.dir("data").ok()?;
//! let host = EmbeddedHost::new()
//!     .files(files)
//!     .stdio(Serial(uart))
//!     .random(rng)
//!     .monotonic_clock(timer)
//!     .delay(delay);
//! let (stdin, stdout) = (host.stdin(), host.stdout());
//! let ctx = WasiCtxBuilder::new()
//!     .arg("prog").ok()?
//!     .stdin(stdin)
//!     .stdout(stdout)
//!     .preopen(data, "/", DirRights::READ_WRITE).ok()?
//!     .build(host).ok()?;
//! // … a `Store` with this context, a linker with `wasmote_wasi::add_to_linker`, and the program runs.
//! # Some(())
//! # }
//! ```
//!
//! # Parts
//!
//! | part | what it takes | if it is not given |
//! |---|---|---|
//! | [`EmbeddedHost::files`] | [`FlashFiles`] over [`Littlefs`] or a [`fs::FlashFs`] of yours; `embedded_storage::nor_flash::NorFlash` below | no directory can be opened |
//! | [`EmbeddedHost::stdio`] | [`Serial`] or [`Console`] over `embedded_io` | input is empty, output is swallowed |
//! | [`EmbeddedHost::random`] | a `rand_core::TryCryptoRng` | `random_get` fails with `notsup` |
//! | [`EmbeddedHost::monotonic_clock`] | a [`MonotonicClock`] | that clock is `inval`; sleeping relies on the delay |
//! | [`EmbeddedHost::wall_clock`] | a [`WallClock`] | that clock is `inval`; files have the time 0 |
//! | [`EmbeddedHost::delay`] | an `embedded_hal::delay::DelayNs` | the processor spins while it waits |
//!
//! Cargo features: `littlefs` (default) is the filesystem, `peripherals` the modules `gpio`, `i2c`, `spi` and
//! `delay` for programs ([`peripherals`]), `defmt` the logs, `sim` a simulated flash for tests on the desktop.
//!
//! # Sizes
//!
#![doc = include_str!("../SIZE.md")]
//!
//! # Files
//!
//! - Names and attributes are on flash, whole or not at all, when a call returns. Contents are when they were
//!   synchronized (`fd_sync`, `fd_datasync`), or the file was closed. After a power cut at any moment the filesystem
//!   mounts, a file has contents that it had since it was last synchronized, and a rename was done or was not.
//! - Worn-out blocks are replaced by others while there are any; a flash that cannot be changed any more is read.
//! - Every write in the middle of a file writes the rest of the file anew: append, or replace whole files by a
//!   rename.
//! - Listing a directory of `n` entries in pieces of `k` looks at `n * n / k` of them.
//!
//! # What is different
//!
//! A program can tell this host from that of an operating system by these things:
//!
//! | | `EmbeddedHost` | an operating system |
//! |---|---|---|
//! | links, symbolic or not | none: `notsup` | there are |
//! | sockets | none | those given |
//! | clocks, randomness | those given | all |
//! | processor time | is the time of the monotonic clock | is less |
//! | waiting for nothing, without a timeout | `deadlk` | waits |
//! | writing to a stream | is always ready | may be waited for |
//! | access times | change only when they are set | change with reads, on some filesystems |
//! | a directory's times | are those of its creation, or as set | change with the names in it |
//! | a file's time of last change | is not changed by a move | is |
//! | number of names | 1, or 0 if there is none left | counts a directory's subdirectories, on some filesystems |
//! | size of a directory | 0 | depends |
//! | `fd_sync` on a directory | succeeds: its names are on flash | may be refused |
//! | a full flash while the middle of a file is overwritten | the file is as it was last synchronized; `nospc` at the latest when it is closed | is as far as was written |
//! | a gap behind the end | is filled with zeros, or there is no room | takes no room |
//! | long files | `fbig` from 2 GiB on | later |
//! | long paths | `nametoolong` beyond what [`FlashFiles`] has room for | beyond 4,095 bytes |
//! | many open files | `nfile` beyond what [`FlashFiles`] has room for | later |
//! | names that are not UTF-8, made by other tools | are not seen | `ilseq` |
//! | an error where several fit (`mkdir file/`, `rmdir dir/..`) | `notdir`, `notempty` | the system's choice |
#![no_std]
#![deny(unsafe_code)]

mod clock;
mod entropy;
pub mod fs;
mod host;
#[cfg(feature = "defmt")]
mod log;
#[cfg(feature = "peripherals")]
pub mod peripherals;
#[cfg(feature = "sim")]
pub mod sim;
mod stdio;

pub use clock::{MonotonicClock, NoClock, NoDelay, Sleep, WallClock};
pub use entropy::{NoEntropy, Random};
pub use fs::{FlashDir, FlashFile, FlashFiles, NoFiles};
#[cfg(feature = "littlefs")]
pub use fs::{Littlefs, Settings};
pub use host::EmbeddedHost;
#[cfg(feature = "defmt")]
pub use log::{DefmtTrace, log_error};
pub use stdio::{AlwaysReady, Console, NoStdio, Serial, StdStream, Stdio};
pub use wasmote_wasi;
