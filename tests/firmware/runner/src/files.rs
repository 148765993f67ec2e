//! Files on a board's flash.

use embedded_storage::nor_flash::NorFlash;
use wasmote_embedded_host::{FlashFiles, Littlefs, wasmote_wasi::Errno};

use crate::Request;

/// A filesystem on flash, with the sizes that the larger boards have room for.
pub type FileSystem<F> = Littlefs<F, 256, 16, 2>;
/// The files on it.
pub type Files<F> = FlashFiles<FileSystem<F>, 8, 256>;

/// The files of a filesystem, with those that are to be put there.
///
/// # Panics
/// If there is no filesystem, or no room for a file.
pub fn files<F: NorFlash>(fs: Result<FileSystem<F>, (Errno, F)>, request: &Request) -> Files<F> {
    let fs = fs.unwrap_or_else(|(errno, _)| panic!("no filesystem: {errno}"));
    let files = FlashFiles::new(fs);
    let mut files: Files<F> = files.unwrap_or_else(|(errno, _)| panic!("no files: {errno}"));
    for (name, contents) in &request.files {
        files.write(name, contents).expect("room for a file");
    }
    files
}
