//! The console that Windows opens for a program which is started from Explorer.
//!
//! The manifest asks for none, which Windows 11 24H2 and later know. Before that, the program leaves it to nobody.

#[cfg(windows)]
pub use windows::{is_there, leave};

/// Whether what is printed can be seen by anybody, or is read.
#[cfg(not(windows))]
pub const fn is_there() -> bool {
    true
}

/// Elsewhere a terminal belongs to somebody else.
#[cfg(not(windows))]
pub const fn leave() {}

#[cfg(windows)]
mod windows {
    #![expect(unsafe_code, reason = "consoles are asked by calls of the system's own")]

    use std::io::{self, IsTerminal as _};
    use std::ptr::null_mut;

    use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
    use windows_sys::Win32::System::Console::{
        FreeConsole, GetConsoleProcessList, GetStdHandle, STD_ERROR_HANDLE, STD_OUTPUT_HANDLE, SetStdHandle,
    };

    /// Whether there is a console, or standard error goes into a file or a pipe.
    pub fn is_there() -> bool {
        // SAFETY: without arguments that could be wrong.
        let error = unsafe { GetStdHandle(STD_ERROR_HANDLE) };
        !error.is_null() && error != INVALID_HANDLE_VALUE
    }

    /// Detaches from a console that no other process uses, which closes it.
    pub fn leave() {
        if users() == 1 {
            let ours =
                [(STD_OUTPUT_HANDLE, io::stdout().is_terminal()), (STD_ERROR_HANDLE, io::stderr().is_terminal())];
            // SAFETY: without pointers. What is printed from now on goes nowhere, as where there was never a console.
            unsafe {
                FreeConsole();
                for (handle, _) in ours.into_iter().filter(|(_, is_console)| *is_console) {
                    SetStdHandle(handle, null_mut());
                }
            }
        }
    }

    /// How many programs use this console; 0 without one.
    fn users() -> u32 {
        let mut ids = [0; 2];
        // SAFETY: there is room for as many numbers as it is told.
        unsafe { GetConsoleProcessList(ids.as_mut_ptr(), ids.len() as u32) }
    }
}
