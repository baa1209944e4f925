ruleset io.example.shop {
  rule order {
    select when shop ordered
    fired {
      ent:a.klog("a")
    }
  }
}
