ruleset io.example.shop {
  rule a {
    select when b c
