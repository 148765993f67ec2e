use crate::error::Failure;
use std::process::ExitCode;
pub fn print(_i: Option<&str>) -> Result<ExitCode, Failure> {
    Ok(ExitCode::SUCCESS)
}
