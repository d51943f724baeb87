//! The files of a report, and where they go.

use std::io;

use super::clean::Clean;

/// A file of a report.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name.
    pub name: &'static str,
    /// Everything in it.
    pub text: Clean,
}

/// What takes the files of a report, one after the other and each a piece at a time.
pub(super) trait Output {
    /// The file called `name` begins.
    fn begin(&mut self, name: &'static str) -> io::Result<()>;

    /// This follows in it.
    fn write(&mut self, text: &Clean) -> io::Result<()>;

    /// The file that was begun last is empty again.
    fn restart(&mut self) -> io::Result<()>;
}

/// In memory, where a person can look at them.
impl Output for Vec<File> {
    fn begin(&mut self, name: &'static str) -> io::Result<()> {
        self.push(File { name, text: Clean::default() });
        Ok(())
    }

    fn write(&mut self, text: &Clean) -> io::Result<()> {
        if let Some(file) = self.last_mut() {
            file.text.append(text);
        }
        Ok(())
    }

    fn restart(&mut self) -> io::Result<()> {
        if let Some(file) = self.last_mut() {
            file.text = Clean::default();
        }
        Ok(())
    }
}
