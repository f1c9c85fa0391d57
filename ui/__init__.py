"""What a person or another program touches: the command line, the page, the servers."""
