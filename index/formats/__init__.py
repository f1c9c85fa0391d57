"""One reader for each format of file: each gives the text of a report in lines, which the parser takes."""
