//! State that panels keep between frames, stored by type so that it stays private to the panel.

use std::any::{Any, TypeId};
use std::collections::HashMap;

/// One value of each type.
#[derive(Default)]
pub struct PanelStates(HashMap<TypeId, Box<dyn Any>>);

impl PanelStates {
    /// The value, if there is one already.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// The value, which is its default to begin with.
    pub fn get_mut<T: Default + 'static>(&mut self) -> &mut T {
        let value = self.0.entry(TypeId::of::<T>()).or_insert_with(|| Box::<T>::default());
        value.downcast_mut().expect("a value is kept under its own type")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_a_value_of_its_own() {
        let mut states = PanelStates::default();
        assert_eq!(states.get::<u32>(), None);
        *states.get_mut::<u32>() += 7;
        states.get_mut::<String>().push('x');
        assert_eq!((states.get::<u32>(), states.get::<String>().map(String::as_str)), (Some(&7), Some("x")));
    }
}
