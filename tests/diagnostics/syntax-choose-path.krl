ruleset io.example.shop {
  rule order {
    select when shop ordered
    choose m{"kind"} { a => b() }
  }
}
