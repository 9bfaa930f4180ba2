// Package prompt reads, renders and checks .prompt files.
//
// A .prompt file (the Dotprompt format, https://google.github.io/dotprompt) is YAML front matter, which names a model, its
// configuration and the schemas of input and output, and a template in Handlebars. A file without front matter is a template
// alone. Render gives messages, each made of parts; a part of text is made of segments, and a segment says whether it is the
// template's own words or came from a variable. Roles, media and sections are made by helpers while rendering, never by reading
// the rendered text again, so that no variable can become a role, and a tokenizer that is given segments lets none become a
// special token.
//
// It imports nothing of Graft, so that the studio can use it in the page.
package prompt
