//! Files that are written as a whole.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
    process,
};

/// Has a file written so that it is there as a whole or, after an error, as it was. `failed` says what an error of the
/// system means.
///
/// # Errors
/// That, and those of `fill`.
pub fn write<E>(
    path: &Path,
    failed: impl Fn(io::Error) -> E,
    fill: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    // Pipes and devices cannot be replaced, only written to.
    if fs::metadata(path).is_ok_and(|file| !file.is_file()) {
        let mut file = OpenOptions::new().write(true).open(path).map_err(failed)?;
        return fill(&mut file);
    }
    let name = path.file_name();
    let name = name.ok_or_else(|| failed(io::ErrorKind::IsADirectory.into()))?;
    let mut beside = name.to_os_string();
    beside.push(format!(".{}", process::id()));
    let beside = path.with_file_name(beside);
    let new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside);
    let mut file = new.map_err(&failed)?;
    let written = fill(&mut file).and_then(|()| {
        let synced = file.sync_all();
        synced
            .and_then(|()| fs::rename(&beside, path))
            .map_err(failed)
    });
    if written.is_err() {
        // What failed first is what is told.
        let _ = fs::remove_file(&beside);
    }
    written
}
