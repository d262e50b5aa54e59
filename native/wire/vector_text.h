// vector_text.h: the forms of pgvector's dense types that clients send, text `[1.5,2,-3e4]` and binary, as float32 elements; and the text back.
//
// What is read here is read as pgvector does, with strtof; whatever is not digits between brackets, and whatever is wrong, is nothing here, so
// that TypeScript (src/functions/vector/dense-type.ts) reads or refuses it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "field.h"

namespace orrery::wire {

/// VECTOR_MAX_DIM and HALFVEC_MAX_DIM.
constexpr std::size_t kVectorElementsMax = 16000;

enum class DenseKind : std::uint8_t {
  kVector = 0,
  kHalfvec = 1,  // elements are rounded to binary16, and kept as float32
};

/// The elements to `out`, which has room for `most`. 0: more than those, or a text that is TypeScript's to judge.
std::size_t read_vector(std::string_view text, DenseKind kind, float* out, std::size_t most) noexcept;

/// The vectors of an array of one dimension, one behind the other: `{"[1,2]","[3,4]"}`, without blanks and escapes between them, all of the
/// same length. Returns that length; 0: an empty array, or one that is TypeScript's to judge.
std::size_t read_vector_array(std::string_view text, DenseKind kind, std::vector<float>* values);

/// The elements of the wire form (vector_send, halfvec_send) to `out`, which has room for `most`. 0: more than those, one that is not finite, or
/// other bytes than such a form has.
std::size_t read_wire_vector(std::string_view bytes, DenseKind kind, float* out, std::size_t most) noexcept;

/// What the texts below may touch.
constexpr std::size_t vector_text_bound(std::size_t count) noexcept { return 42 + 16 * count; }  // "-1.1754944e-38,"; format_float4
/// `1,2.5`: element(0) to element(count - 1), each as its shortest digits. Returns the end.
template <typename Element>
char* put_elements(std::size_t count, char* at, Element element) noexcept {
  for (std::size_t i = 0; i < count; i++) {
    if (i != 0) *at++ = ',';
    at += format_float4(element(i), at);
  }
  return at;
}
/// `[1,2.5]`.
template <typename Element>
char* put_vector_text(std::size_t count, char* at, Element element) noexcept {
  *at = '[';
  at = put_elements(count, at + 1, element);
  *at = ']';
  return at + 1;
}

}  // namespace orrery::wire
