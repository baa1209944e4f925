ruleset io.example.shop {
  rule order {
    select when count n (shop ordered)
    noop()
  }
}
