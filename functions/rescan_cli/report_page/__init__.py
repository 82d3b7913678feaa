"""The page of `report`: one HTML file that needs no server and loads nothing.

`view` says what is on it, `page.html.jinja` where, `page.css` how it looks; `page.js` searches,
sorts and unfolds. `render` puts them together.
"""
