//! What users send is opened and tells the same as if Ticketscope had been there, and nothing that it cannot know.

mod acceptance;
mod access_logs;
mod addresses;
mod clean;
mod clients;
mod formats;
mod hostile;
mod kit;
mod logs;
mod mended;
mod netlogs;
mod probe;
mod program;
mod secrets;
mod situations;
mod variants;
