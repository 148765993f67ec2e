//! Memories and the module, as bytes.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{adapter::Adapter, message::Answer};
use crate::debug::{address::Place, session::number};

/// Bytes that are given at once, at most.
const READABLE: u64 = 16 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadMemory {
    memory_reference: String,
    #[serde(default)]
    offset: i64,
    count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteMemory {
    memory_reference: String,
    #[serde(default)]
    offset: i64,
    #[serde(default)]
    allow_partial: bool,
    data: String,
}

fn address_of(reference: &str, offset: i64) -> Result<u64, String> {
    let address = number(reference)?.checked_add_signed(offset);
    address.ok_or_else(|| format!("there is nothing {offset} bytes from {reference}"))
}

impl<T: 'static> Adapter<'_, '_, T> {
    pub(super) fn read_memory(&self, arguments: ReadMemory) -> Answer {
        self.needs_stop()?;
        let count = arguments.count.min(READABLE);
        let address = address_of(&arguments.memory_reference, arguments.offset)?;
        let bytes = self.bytes_at(address);
        let bytes = &bytes[..bytes.len().min(count as usize)];
        let mut read = json!({"address": format!("{address:#x}")});
        if !bytes.is_empty() {
            read["data"] = STANDARD.encode(bytes).into();
        }
        if (bytes.len() as u64) < count {
            read["unreadableBytes"] = (count - bytes.len() as u64).into();
        }
        Ok(read)
    }

    /// What is at an address and behind it.
    fn bytes_at(&self, address: u64) -> &[u8] {
        let (bytes, offset) = match Place::at(address) {
            Some(Place::Memory { index, offset }) => match self.session.memory(index) {
                Ok(memory) => (memory.data(self.session.store()), offset),
                Err(_) => return &[],
            },
            Some(Place::Code { offset }) => (self.session.code().bytes(), offset),
            None => return &[],
        };
        bytes.get(offset as usize..).unwrap_or_default()
    }

    pub(super) fn write_memory(&mut self, arguments: WriteMemory) -> Answer {
        self.needs_stop()?;
        let bytes = STANDARD.decode(&arguments.data);
        let mut bytes = bytes.map_err(|error| format!("`data` is no base64: {error}"))?;
        let address = address_of(&arguments.memory_reference, arguments.offset)?;
        let Some(Place::Memory { index, offset }) = Place::at(address) else {
            return Err(format!("{address:#x} is no address of memory"));
        };
        if arguments.allow_partial {
            bytes.truncate(self.bytes_at(address).len());
        }
        self.session.write(index, offset.into(), &bytes)?;
        if self.link.info.supports_memory_event {
            self.link.client.event(
                "memory",
                json!({
                    "memoryReference": format!("{address:#x}"),
                    "offset": 0,
                    "count": bytes.len(),
                }),
            );
        }
        self.tell_changes();
        Ok(json!({"bytesWritten": bytes.len()}))
    }

    /// What stands for the bytes at an address of the first memory.
    pub(super) fn memory_reference(&self, address: u64) -> Value {
        format!("{address:#x}").into()
    }
}
