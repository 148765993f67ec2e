//! Verification.

use super::load::ImageCode;
use crate::{error::Error, module::ModuleInner};

pub(super) fn verify(_module: &ModuleInner, _image: &ImageCode) -> Result<(), Error> {
    Ok(())
}
