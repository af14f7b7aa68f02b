;; Searches a range of memory for literals, sixteen bytes at a time ("Teddy": two table look-ups per byte and position).
;; Rebuild with `node scripts/build-simd-prefilter.mjs`, which writes simd-module.ts.
;;
;; Memory:    0 ..  95   six tables of 16 bytes: for the low, then the high half of a byte, at each of three positions,
;;                       the set of buckets (one bit each) that have a literal with such a byte there
;;          112 .. 127   scratch
;;          128 .. 191   eight pairs (first, end): addresses of the literals of each bucket
;;          256 ..       literals of 32 bytes: value i64, mask i64, place of the three bytes i32, length i32
(module
  (memory (export "memory") 1)

  ;; Start of the first literal that lies whole within [from, to), or -1.
  (func (export "next") (param $from i32) (param $to i32) (result i32)
    (local $at i32) (local $bits i32) (local $place i32) (local $buckets i32) (local $range i32)
    (local $literal i32) (local $end i32) (local $start i32)
    (local $a v128) (local $b v128) (local $c v128) (local $found v128) (local $low v128)
    (local $l0 v128) (local $h0 v128) (local $l1 v128) (local $h1 v128) (local $l2 v128) (local $h2 v128)
    (local.set $low (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15))
    (local.set $l0 (v128.load (i32.const 0)))
    (local.set $h0 (v128.load (i32.const 16)))
    (local.set $l1 (v128.load (i32.const 32)))
    (local.set $h1 (v128.load (i32.const 48)))
    (local.set $l2 (v128.load (i32.const 64)))
    (local.set $h2 (v128.load (i32.const 80)))
    (local.set $at (local.get $from))
    (block $none
      (loop $blocks
        (br_if $none (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $a (v128.load (local.get $at)))
        (local.set $b (v128.load offset=1 (local.get $at)))
        (local.set $c (v128.load offset=2 (local.get $at)))
        (local.set $found
          (v128.and
            (v128.and
              (v128.and
                (i8x16.swizzle (local.get $l0) (v128.and (local.get $a) (local.get $low)))
                (i8x16.swizzle (local.get $h0) (i8x16.shr_u (local.get $a) (i32.const 4))))
              (v128.and
                (i8x16.swizzle (local.get $l1) (v128.and (local.get $b) (local.get $low)))
                (i8x16.swizzle (local.get $h1) (i8x16.shr_u (local.get $b) (i32.const 4)))))
            (v128.and
              (i8x16.swizzle (local.get $l2) (v128.and (local.get $c) (local.get $low)))
              (i8x16.swizzle (local.get $h2) (i8x16.shr_u (local.get $c) (i32.const 4))))))
        (if (v128.any_true (local.get $found))
          (then
            (v128.store (i32.const 112) (local.get $found))
            (local.set $bits
              (i32.xor (i32.const 0xffff) (i8x16.bitmask (i8x16.eq (local.get $found) (v128.const i64x2 0 0)))))
            (loop $lanes
              (local.set $place (i32.add (local.get $at) (i32.ctz (local.get $bits))))
              (local.set $buckets (i32.load8_u offset=112 (i32.ctz (local.get $bits))))
              ;; Each bucket of this place: compare its literals byte for byte.
              (loop $each
                (local.set $range (i32.shl (i32.ctz (local.get $buckets)) (i32.const 3)))
                (local.set $literal (i32.load offset=128 (local.get $range)))
                (local.set $end (i32.load offset=132 (local.get $range)))
                (block $over
                  (loop $literals
                    (br_if $over (i32.ge_u (local.get $literal) (local.get $end)))
                    (local.set $start (i32.sub (local.get $place) (i32.load offset=16 (local.get $literal))))
                    (if
                      (i64.eq
                        (i64.and (i64.load (local.get $start)) (i64.load offset=8 (local.get $literal)))
                        (i64.load (local.get $literal)))
                      (then
                        (if
                          (i32.and
                            (i32.ge_u (local.get $start) (local.get $from))
                            (i32.le_u
                              (i32.add (local.get $start) (i32.load offset=20 (local.get $literal)))
                              (local.get $to)))
                          (then (return (local.get $start))))))
                    (local.set $literal (i32.add (local.get $literal) (i32.const 32)))
                    (br $literals)))
                (local.set $buckets (i32.and (local.get $buckets) (i32.sub (local.get $buckets) (i32.const 1))))
                (br_if $each (local.get $buckets)))
              (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
              (br_if $lanes (local.get $bits)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $blocks)))
    (i32.const -1))

  ;; Line ends in [from, to).
  (func (export "countLines") (param $from i32) (param $to i32) (result i32)
    (local $lines i32) (local $newline v128)
    (local.set $newline (v128.const i8x16 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10))
    (block $tail
      (loop $blocks
        (br_if $tail (i32.gt_u (i32.add (local.get $from) (i32.const 16)) (local.get $to)))
        (local.set $lines
          (i32.add
            (local.get $lines)
            (i32.popcnt (i8x16.bitmask (i8x16.eq (v128.load (local.get $from)) (local.get $newline))))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $blocks)))
    (block $end
      (loop $bytes
        (br_if $end (i32.ge_u (local.get $from) (local.get $to)))
        (local.set $lines
          (i32.add (local.get $lines) (i32.eq (i32.load8_u (local.get $from)) (i32.const 10))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $bytes)))
    (local.get $lines)))
