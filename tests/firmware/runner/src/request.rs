//! What the machine outside asks for, by semihosting.

use alloc::{
    ffi::CString,
    string::{String, ToString},
    vec::Vec,
};

use semihosting::{
    experimental::env,
    fs::File,
    io::{self, Read},
};

/// The words that the emulator was given: a firmware's name, files to copy (`put=FILE`), a guest and its arguments.
pub struct Request {
    /// Files to be put on the board's filesystem, with their contents.
    pub files: Vec<(String, Vec<u8>)>,
    /// The guest's name, and its arguments.
    pub words: Vec<String>,
}

impl Request {
    /// What is asked for.
    ///
    /// # Panics
    /// If there is nobody outside, or a file cannot be read.
    pub fn get() -> Request {
        let args = env::args::<512>().expect("the emulator passes arguments");
        let words = (&args).map(|word| word.expect("words are text").to_string());
        let (mut files, mut rest) = (Vec::new(), Vec::new());
        for word in words.skip(1) {
            match word.strip_prefix("put=") {
                Some(path) => files.push((path.to_string(), read(path).expect("a file to read"))),
                None => rest.push(word),
            }
        }
        Request { files, words: rest }
    }

    /// The guest of that name.
    ///
    /// # Panics
    /// If there is none.
    pub fn guest(&self) -> &'static [u8] {
        let name = self.words.first().expect("a guest's name");
        let guest = GUESTS.iter().find(|(known, _)| known == name);
        guest.expect("the firmware has this guest").1
    }
}

fn read(path: &str) -> io::Result<Vec<u8>> {
    let path = CString::new(path).expect("words have no NUL");
    let mut file = File::open(&path)?;
    let mut contents = Vec::new();
    let mut buf = [0; 1024];
    loop {
        match file.read(&mut buf)? {
            0 => return Ok(contents),
            len => contents.extend_from_slice(&buf[..len]),
        }
    }
}

macro_rules! guests {
    ($($name:literal),*) => {
        /// The programs that are in the firmware.
        static GUESTS: &[(&str, &[u8])] = &[
            $(($name, include_bytes!(concat!("../../../guests/", $name, ".wasm")))),*
        ];
    };
}
guests!("boots", "calls", "files", "md2html", "sensor");
