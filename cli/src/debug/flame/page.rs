//! Flame graphs as pages: a picture that a person can search, and go into.

use super::{
    Flames,
    draw::{Picture, escape},
};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

impl Flames {
    /// The picture in a page of its own, for any browser: a click on a frame makes it as wide as the page, and what is
    /// searched for is marked, with its share. The page asks for nothing from anywhere.
    pub fn html(&self, picture: &Picture) -> String {
        let svg = self.svg(picture);
        let title = escape(&picture.title);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n\
             <form id=\"search\"><input type=\"search\" aria-label=\"Search\" placeholder=\"Search functions\">\
             <button type=\"reset\" id=\"whole\">Show all</button><output></output></form>\n\
             {svg}<script>\n{SCRIPT}</script>\n</html>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::flames, *};

    #[test]
    fn pages_have_all_they_need() {
        let flames = flames(&[("main;a", 1), ("main;b", 2)]);
        let picture = Picture {
            title: "<b>".to_owned(),
            ..Picture::default()
        };
        let page = flames.html(&picture);
        assert!(page.contains(&flames.svg(&picture)));
        assert!(page.contains("<title>&lt;b&gt;</title>"));
        // The name of the SVG language is no address to load from.
        let addresses = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for outside in ["http:", "https:", "src=", "href=", "@import", "url("] {
            assert!(!addresses.contains(outside), "{outside}");
        }
        // The script looks for what the picture has.
        for name in ["data-left", "data-share", "data-row", "class=\"frame\""] {
            assert!(page.contains(name), "{name}");
        }
    }
}
