/*
 * The signal handler that signal_origin.ts carries as bytes: note si_code, then go on to the runtime's own
 * handler with the arguments as they came. The two words at the end are filled in at run time.
 */

#if defined(__x86_64__)
.intel_syntax noprefix
  mov ecx, [rsi+8]          # siginfo_t.si_code
  mov rax, [rip+1f]
  mov [rax], ecx
  jmp [rip+2f]
  nop
1: .quad 0                  # where to note it
2: .quad 0                  # the runtime's handler
#elif defined(__aarch64__)
  ldr w9, [x1, #8]
  ldr x10, 1f
  str w9, [x10]
  ldr x10, 2f
  br x10
  nop
1: .quad 0
2: .quad 0
#endif
