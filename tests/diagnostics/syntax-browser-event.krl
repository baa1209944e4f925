ruleset io.example.shop {
  rule order {
    select when web submit "#form"
    noop()
  }
}
