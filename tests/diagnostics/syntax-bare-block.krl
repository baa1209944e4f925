ruleset io.example.shop {
  rule order {
    select when shop ordered
    if open then {
      a();
      b();
    }
  }
}
