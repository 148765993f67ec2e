//! What both sides can do.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

/// What the client has told of itself.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientInfo {
    lines_start_at1: bool,
    columns_start_at1: bool,
    /// How it writes paths.
    pub path_format: Option<String>,
    /// Whether it wants the types of variables.
    pub supports_variable_type: bool,
    /// Whether it asks for parts of long arrays.
    pub supports_variable_paging: bool,
    /// Whether it can be told that values are others now.
    pub supports_invalidated_event: bool,
    /// Whether it can be told that memory is another now.
    pub supports_memory_event: bool,
}

impl Default for ClientInfo {
    fn default() -> ClientInfo {
        ClientInfo {
            lines_start_at1: true,
            columns_start_at1: true,
            path_format: None,
            supports_variable_type: false,
            supports_variable_paging: false,
            supports_invalidated_event: false,
            supports_memory_event: false,
        }
    }
}

impl ClientInfo {
    /// A line from 1 on as the client counts.
    pub fn line(&self, line: u32) -> u32 {
        line.saturating_sub(u32::from(!self.lines_start_at1))
    }

    /// A line of the client's, from 1 on.
    pub fn our_line(&self, line: u32) -> u32 {
        line.saturating_add(u32::from(!self.lines_start_at1))
    }

    /// A column of the client's, from 1 on.
    pub fn our_column(&self, column: u32) -> u32 {
        column.saturating_add(u32::from(!self.columns_start_at1))
    }

    /// A column from 1 on, 0 for the whole line, as the client counts.
    pub fn column(&self, column: u32) -> u32 {
        column.max(1) - u32::from(!self.columns_start_at1)
    }
}

/// The filters of `setExceptionBreakpoints`.
pub const TRAP: &str = "trap";
pub const EXIT: &str = "exit";

/// What we can do.
pub static CAPABILITIES: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "supportsConfigurationDoneRequest": true,
        "supportsFunctionBreakpoints": true,
        "supportsConditionalBreakpoints": true,
        "supportsHitConditionalBreakpoints": true,
        "supportsLogPoints": true,
        "supportsDataBreakpoints": true,
        "supportsDataBreakpointBytes": true,
        "supportsInstructionBreakpoints": true,
        "supportsBreakpointLocationsRequest": true,
        "supportsEvaluateForHovers": true,
        "supportsClipboardContext": true,
        "supportsCompletionsRequest": true,
        "supportsStepBack": true,
        "supportsSteppingGranularity": true,
        "supportsSetVariable": true,
        "supportsSetExpression": true,
        "supportsReadMemoryRequest": true,
        "supportsWriteMemoryRequest": true,
        "supportsDisassembleRequest": true,
        "supportsLoadedSourcesRequest": true,
        "supportsModulesRequest": true,
        "supportsExceptionInfoRequest": true,
        "supportsTerminateRequest": true,
        "supportsDelayedStackTraceLoading": true,
        "exceptionBreakpointFilters": [
            {
                "filter": TRAP,
                "label": "Traps",
                "description": "Stop where the program traps or cannot go on, to look at it and go back from there",
                "default": true,
            },
            {
                "filter": EXIT,
                "label": "The end of the program",
                "description": "Stop where the program returns or exits, to go back from there",
                "default": false,
            },
        ],
    })
});
