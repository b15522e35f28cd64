// What ThreadSanitizer cannot see: the distribution's cpp-httplib is not instrumented. It fills
// tables when first used, under the compiler's guard for static variables, whose atomics are not
// observed; two first requests at once look like a race then. Only what the library itself hands to
// memcmp and the like is ignored, not what is called back from it.

extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libcpp-httplib.so\n";
}
