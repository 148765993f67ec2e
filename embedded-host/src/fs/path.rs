//! Paths in fixed room.

use core::ffi::CStr;

use heapless::Vec;
use wasmote_wasi::Errno;

/// An absolute path with a NUL behind it, in `N` bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathBuf<const N: usize> {
    bytes: Vec<u8, N>,
}

impl<const N: usize> PathBuf<N> {
    /// `/`.
    pub(super) fn root() -> Self {
        const { assert!(N > 1 && N <= 1024, "a path has 2 to 1024 bytes") };
        let mut bytes = Vec::new();
        let _ = bytes.extend_from_slice(b"/\0");
        PathBuf { bytes }
    }

    /// Without the NUL.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.split_last().map_or(&[], |(_, path)| path)
    }

    pub(super) fn as_c_str(&self) -> &CStr {
        // There is no other NUL: names are checked when they are put on.
        CStr::from_bytes_with_nul(&self.bytes).unwrap_or(c"/")
    }

    pub(super) fn is_root(&self) -> bool {
        self.bytes.len() == 2
    }

    /// Puts a name on.
    ///
    /// # Errors
    /// [`Errno::NameTooLong`] if it does not fit, [`Errno::Inval`] for a NUL.
    pub(super) fn push(&mut self, name: &[u8]) -> Result<(), Errno> {
        if name.contains(&0) {
            return Err(Errno::Inval);
        }
        let slash = usize::from(!self.is_root());
        if self.bytes.len() + slash + name.len() > N {
            return Err(Errno::NameTooLong);
        }
        self.bytes.pop();
        let tail: [&[u8]; 3] = [&b"/"[..slash], name, b"\0"];
        for part in tail {
            // Fits: checked above.
            let _ = self.bytes.extend_from_slice(part);
        }
        Ok(())
    }

    /// Takes the last name off; of the root, nothing.
    pub(super) fn pop(&mut self) {
        let path = self.as_bytes();
        let slash = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        self.bytes.truncate(slash.max(1));
        let _ = self.bytes.push(0);
    }

    /// What is behind `base`, if that is this path or lies above it: nothing, or `/` and names.
    pub(super) fn below<const M: usize>(&self, base: &PathBuf<M>) -> Option<&[u8]> {
        if base.is_root() {
            return Some(self.as_bytes());
        }
        let rest = self.as_bytes().strip_prefix(base.as_bytes())?;
        matches!(rest.first(), None | Some(b'/')).then_some(rest)
    }

    /// This path with its beginning `from` replaced by `to`; `None` if it does not begin so.
    ///
    /// # Errors
    /// [`Errno::NameTooLong`] if it does not fit.
    pub(super) fn moved(&self, from: &Self, to: &Self) -> Result<Option<Self>, Errno> {
        let Some(rest) = self.below(from) else {
            return Ok(None);
        };
        let mut path = to.clone();
        match rest.strip_prefix(b"/") {
            Some(names) => path.push(names)?,
            None => debug_assert!(rest.is_empty()),
        }
        Ok(Some(path))
    }

    /// The path of bytes that [`Self::as_bytes`] gave.
    pub(super) fn from_bytes(path: &[u8]) -> Result<Self, Errno> {
        let mut buf = PathBuf::root();
        match path.strip_prefix(b"/") {
            Some([]) => {}
            Some(names) => buf.push(names)?,
            None => return Err(Errno::Inval),
        }
        Ok(buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_and_go() {
        let mut path = PathBuf::<12>::root();
        assert!(path.is_root());
        path.pop();
        assert_eq!(path.as_bytes(), b"/");
        path.push(b"dir").unwrap();
        path.push(b"f\xff").unwrap();
        assert_eq!(path.as_c_str(), c"/dir/f\xff");
        assert_eq!(path.push(b"abcd"), Err(Errno::NameTooLong));
        assert_eq!(path.push(b"\0"), Err(Errno::Inval));
        assert_eq!(path.push(b"abc"), Ok(()));
        assert_eq!(path.as_bytes(), b"/dir/f\xff/abc");
        path.pop();
        path.pop();
        assert_eq!(path.as_bytes(), b"/dir");
        path.pop();
        assert!(path.is_root());
    }

    #[test]
    fn moving() {
        let path = |text: &[u8]| PathBuf::<16>::from_bytes(text).unwrap();
        let moved = |of: &[u8], from: &[u8], to: &[u8]| {
            path(of)
                .moved(&path(from), &path(to))
                .map(|path| path.map(|path| path.as_bytes().to_vec()))
        };
        assert_eq!(moved(b"/a/b", b"/a", b"/x/y"), Ok(Some(b"/x/y/b".to_vec())));
        assert_eq!(moved(b"/a", b"/a", b"/x"), Ok(Some(b"/x".to_vec())));
        assert_eq!(moved(b"/ab", b"/a", b"/x"), Ok(None));
        assert_eq!(moved(b"/b/a", b"/a", b"/x"), Ok(None));
        let long = moved(b"/a/0123456789", b"/a", b"/abcdefg");
        assert_eq!(long, Err(Errno::NameTooLong));
    }
}
