ruleset io.example.shop {
  rule order {
    select when shop ordered
    notify("a", "b") with sticky = true and opacity = 0.8
  }
}
