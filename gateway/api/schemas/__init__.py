"""What the API takes and gives, as marshmallow schemas. Unknown input fields are refused; numbers are never coerced."""
