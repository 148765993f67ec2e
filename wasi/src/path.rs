//! Checks on paths that need no filesystem.
//!
//! What a path leads to is for the host to find out, link by link; what can be known from the text
//! alone is decided here, so that no host ever sees an absolute path.

use core::str;

use crate::errno::Errno;

/// Longest path in bytes, as `PATH_MAX` on Linux without its NUL.
pub const MAX: usize = 4095;

/// Takes the bytes of a guest's string as a path.
///
/// # Errors
/// [`Errno::NoEnt`] if empty, [`Errno::NameTooLong`] beyond [`MAX`], [`Errno::Ilseq`] if not UTF-8,
/// [`Errno::Inval`] with a NUL inside.
pub fn text(bytes: &[u8]) -> Result<&str, Errno> {
    if bytes.is_empty() {
        return Err(Errno::NoEnt);
    }
    if bytes.len() > MAX {
        return Err(Errno::NameTooLong);
    }
    if bytes.contains(&0) {
        return Err(Errno::Inval);
    }
    str::from_utf8(bytes).map_err(|_| Errno::Ilseq)
}

/// Checks that a path is relative and does not begin by climbing out; without symbolic links in the
/// filesystem, that it climbs out nowhere.
///
/// # Errors
/// [`Errno::Perm`], as for a path that turns out to lead outside while the host resolves it.
pub fn inside(path: &str, symlinks: bool) -> Result<(), Errno> {
    if path.starts_with('/') {
        return Err(Errno::Perm);
    }
    let mut depth = 0_usize;
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => depth = depth.checked_sub(1).ok_or(Errno::Perm)?,
            // A name may be a link to somewhere deeper: only the host can count on from here.
            _ if symlinks => return Ok(()),
            _ => depth += 1,
        }
    }
    Ok(())
}

/// Whether the path demands that what it names is a directory: it ends in `/`, `.` or `..`.
pub fn wants_directory(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn text_of_a_path() {
        assert_eq!(text(b"a/b"), Ok("a/b"));
        assert_eq!(text("ä/日".as_bytes()), Ok("ä/日"));
        assert_eq!(text(b""), Err(Errno::NoEnt));
        assert_eq!(text(b"a\0"), Err(Errno::Inval));
        assert_eq!(text(b"\xff"), Err(Errno::Ilseq));
        assert_eq!(text(b"\xed\xa0\x80"), Err(Errno::Ilseq));
        assert_eq!(text(&vec![b'a'; MAX + 1]), Err(Errno::NameTooLong));
        assert!(text(&vec![b'a'; MAX]).is_ok());
    }

    #[test]
    fn climbing_out() {
        for symlinks in [false, true] {
            for path in [
                ".",
                "a",
                "./a/",
                "a/..",
                "a/b/../../c",
                "...",
                "..a/b",
                "a//.///b",
            ] {
                assert_eq!(inside(path, symlinks), Ok(()), "{path}");
            }
            for path in [
                "/", "/a", "//", "..", "../a", "./../a", "././..", ".//../..",
            ] {
                assert_eq!(inside(path, symlinks), Err(Errno::Perm), "{path}");
            }
            let climbs = ["a/../..", "a/b/../../../c", "a/./../../b"];
            for path in climbs {
                let expected = if symlinks { Ok(()) } else { Err(Errno::Perm) };
                assert_eq!(inside(path, symlinks), expected, "{path}");
            }
        }
    }

    #[test]
    fn directory_demanded() {
        for path in ["a/", "a//", ".", "..", "a/.", "a/.."] {
            assert!(wants_directory(path), "{path}");
        }
        for path in ["a", "a/b", ".a", "a/..."] {
            assert!(!wants_directory(path), "{path}");
        }
    }
}
