//! The side of a desktop: files, and standard output.

use std::{
    env,
    fs::{self, File},
    io::Write,
    process::ExitCode,
};

use stepping::{Outside, run};

struct Desktop;

impl Outside for Desktop {
    fn print(&mut self, line: &str) {
        println!("{line}");
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(path).map_err(|error| error.to_string())
    }

    fn write(
        &mut self,
        path: &str,
        bytes: &mut dyn FnMut(&mut dyn FnMut(&[u8]) -> Result<(), String>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut file = File::create(path).map_err(|error| error.to_string())?;
        bytes(&mut |part| file.write_all(part).map_err(|error| error.to_string()))
    }
}

pub fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match run(&words, &mut Desktop) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
