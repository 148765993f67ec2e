//! Source files on this machine's disk.

use std::{
    cell::RefCell,
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    rc::Rc,
    str::FromStr,
    sync::Arc,
};

/// Where files are that debug information has under other paths: `FROM=TO`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Map {
    from: String,
    to: PathBuf,
}

impl FromStr for Map {
    type Err = String;

    fn from_str(text: &str) -> Result<Map, String> {
        match text.split_once('=') {
            Some((from, to)) if !to.is_empty() => Ok(Map {
                from: tidy(from),
                to: to.into(),
            }),
            _ => Err("expected FROM=TO".to_owned()),
        }
    }
}

impl Map {
    /// Where a path is, if it starts with ours. An empty FROM is the start of all relative paths.
    fn apply(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        if self.from.is_empty() {
            return path.is_relative().then(|| self.to.join(path));
        }
        Some(self.to.join(path.strip_prefix(&self.from).ok()?))
    }
}

/// The text of source files, read when it is first wanted.
#[derive(Default)]
pub struct SourceFiles {
    maps: Vec<Map>,
    /// By the path of debug information.
    read: RefCell<HashMap<String, Option<Rc<[String]>>>>,
}

impl SourceFiles {
    /// Files under their own names, relative to the current directory, unless a map (the first that applies) says
    /// otherwise.
    pub fn new(maps: Vec<Map>) -> SourceFiles {
        SourceFiles {
            maps,
            ..SourceFiles::default()
        }
    }

    /// Where a file should be on this machine.
    pub fn path(&self, file: &str) -> PathBuf {
        let mut mapped = self.maps.iter().filter_map(|map| map.apply(file));
        mapped.next().unwrap_or_else(|| file.into())
    }

    /// Which of the files that debug information names is the one at this path of this machine.
    pub fn named(&self, files: &[Arc<str>], path: &Path) -> Option<Arc<str>> {
        let wanted = fs::canonicalize(path).ok()?;
        let mut files = files.iter();
        files
            .find(|file| fs::canonicalize(self.path(file)).is_ok_and(|path| path == wanted))
            .cloned()
    }

    /// The lines of a file, without their ends; none if it cannot be read. What is no UTF-8 is replaced.
    pub fn lines(&self, file: &str) -> Option<Rc<[String]>> {
        if let Some(known) = self.read.borrow().get(file) {
            return known.clone();
        }
        let text = fs::read(self.path(file)).ok();
        let lines: Option<Rc<[String]>> = text.map(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            text.lines().map(str::to_owned).collect()
        });
        self.read
            .borrow_mut()
            .insert(file.to_owned(), lines.clone());
        lines
    }

    /// A line, counted from 1.
    pub fn line(&self, file: &str, line: u32) -> Option<String> {
        let index = line.checked_sub(1)? as usize;
        self.lines(file)?.get(index).cloned()
    }
}

/// A path without components that say nothing.
pub fn tidy(path: &str) -> String {
    let parts = path.split('/');
    let parts: Vec<&str> = parts.filter(|p| !p.is_empty() && *p != ".").collect();
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// Whether the last components of a path are those of `end`.
pub fn ends_with(path: &str, end: &str) -> bool {
    let end = tidy(end);
    match path.strip_suffix(end.as_str()) {
        Some(rest) => !end.is_empty() && (rest.is_empty() || rest.ends_with('/')),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_tidied_and_compared() {
        for (path, tidied) in [
            ("./src/a.c", "src/a.c"),
            ("/a/./b//c.c", "/a/b/c.c"),
            ("a.c", "a.c"),
            ("././", ""),
            ("/", "/"),
            ("../a.c", "../a.c"),
            ("", ""),
        ] {
            assert_eq!(tidy(path), tidied, "{path}");
        }
        assert!(ends_with("src/a.c", "a.c") && ends_with("src/a.c", "./src/a.c"));
        assert!(ends_with("/x/src/a.c", "/x/src/a.c"));
        assert!(!ends_with("src/ba.c", "a.c") && !ends_with("src/a.c", ""));
        assert!(!ends_with("src/a.c", "/src/a.c"));
    }

    #[test]
    fn maps_move_files() {
        let files = SourceFiles::new(vec![
            "/build/lib=/usr/src/lib".parse().expect("valid"),
            "/build=/home/me".parse().expect("valid"),
            "./=tests/guests".parse().expect("valid"),
        ]);
        for (file, path) in [
            ("/build/lib/a.c", "/usr/src/lib/a.c"),
            ("/build/library/a.c", "/home/me/library/a.c"),
            ("/other/a.c", "/other/a.c"),
            ("src/a.c", "tests/guests/src/a.c"),
        ] {
            assert_eq!(files.path(file), Path::new(path), "{file}");
        }
        assert_eq!("a".parse::<Map>(), Err("expected FROM=TO".to_owned()));
        assert!("a=".parse::<Map>().is_err());
    }

    #[test]
    fn text_is_read_once_and_may_be_missing() {
        let here = concat!("=", env!("CARGO_MANIFEST_DIR"), "/../tests/guests");
        let files = SourceFiles::new(vec![here.parse().expect("valid")]);
        let first = files.line("src/ledger.c", 1).expect("it is there");
        assert!(first.starts_with("// ledger: "), "{first}");
        assert_eq!(files.line("src/ledger.c", 0), None);
        assert_eq!(files.line("src/ledger.c", 100_000), None);
        let lines = files.lines("src/ledger.c").expect("it is there");
        let again = files.lines("src/ledger.c").expect("it is there");
        assert!(Rc::ptr_eq(&lines, &again));
        assert_eq!(files.lines("src/not-there.c"), None);
        let names: [Arc<str>; 2] = ["src/not-there.c".into(), "src/ledger.c".into()];
        let path = files.path("./src/../src/ledger.c");
        assert_eq!(files.named(&names, &path).as_deref(), Some("src/ledger.c"));
        assert_eq!(files.named(&names, &files.path("src/trap.c")), None);
        assert_eq!(files.lines("src"), None, "a directory");
    }
}
