use super::Function;
pub fn page(_name: &str, _functions: &[Function]) -> String {
    String::new()
}
