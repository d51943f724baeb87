//! The program: see the library for everything.

fn main() -> std::process::ExitCode {
    ticketscope::cli::run(ticketscope_commit::commit!())
}
