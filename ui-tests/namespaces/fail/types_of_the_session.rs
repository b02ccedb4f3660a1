use std::rc::Rc;

pub struct Profile {
    pub name: String,
}

#[derive(sockeye::Namespace)]
#[namespace("/chat", session = Rc<str>, data = Profile)]
pub struct Chat;

fn main() {}
