"""The form in which people write policies: the fields of an HTML form as a tree, and that tree as a policy's data.

`tree` makes a tree of the fields, whose names are pointers into it; `edits` are the buttons, which move, add and take
away branches; `shaping` is policy ↔ tree, and where in the tree a pointer into the policy leads; `words` is what can be
chosen. The state is the form's own: nothing is kept between two of its round trips.
"""
