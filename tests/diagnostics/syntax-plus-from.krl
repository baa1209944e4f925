ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      app:count += 1 from 0
    }
  }
}
