"""Finding paths by any part of them: an index of segments, kept as rows of any database.

Pure Python over bytes and numbers: no Django, no SQL. Read it in this order:

``varints``   numbers in as few bytes as they need
``block``     128 paths in path order, packed, and for each the layers that hold it
``postings``  which blocks hold three given letters
``pattern``   what a person typed, as a test of a path and as letters to look up
``contents``  which paths hold content with a given sha256
``segment``   writes a segment: blocks, postings and contents of many paths
``merge``     several sorted streams of paths as one

A segment never changes. New layers become new segments, and small segments are
merged into larger ones: see "Search" in ``docs/architecture.md``.
"""
