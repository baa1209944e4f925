ruleset io.example.shop {
  rule order {
    select when shop ordered
    if x then
    fired { }
  }
}
