"""Why this carrier? Policies as data: conditions, actions, a score, and a sentence from each of them.

What a policy may say is in tables: `fields.FIELDS`, `operators.OPERATORS`, `quantities.KINDS`, `actions.ACTIONS`,
the weights of `score.Score` and the short forms of `shorthand.KINDS`. `gate.GATE` judges every candidate of every
policy. To add to what policies can say, add a row. How it all comes to a decision is in `policy`.
"""
