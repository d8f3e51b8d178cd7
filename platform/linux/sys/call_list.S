/*
 * The machine code that call_list.ts carries as bytes, for both architectures. A test assembles this file and
 * compares. A start routine for pthread_create(3):
 *
 *   call_list(call *)   make one call after another; after the last say that all are done
 *
 * A call is six 64-bit words: function, four arguments, result. The first whose function is 0 ends the list: its
 * second word becomes 1, after everything before it.
 */

#if defined(__x86_64__)
.intel_syntax noprefix
call_list:
  push rbx                  # and the stack is aligned for calls
  mov rbx, rdi
1: mov rax, [rbx]
  test rax, rax
  jz 2f
  mov rdi, [rbx+8]
  mov rsi, [rbx+16]
  mov rdx, [rbx+24]
  mov rcx, [rbx+32]
  call rax
  mov [rbx+40], rax
  add rbx, 48
  jmp 1b
2: mov dword ptr [rbx+8], 1
  pop rbx
  ret
#elif defined(__aarch64__)
call_list:
  stp x29, x30, [sp, #-32]!
  mov x29, sp
  str x19, [sp, #16]
  mov x19, x0
1: ldr x8, [x19]
  cbz x8, 2f
  ldp x0, x1, [x19, #8]
  ldp x2, x3, [x19, #24]
  blr x8
  str x0, [x19, #40]
  add x19, x19, #48
  b 1b
2: mov w8, #1
  add x9, x19, #8
  stlr w8, [x9]
  mov x0, xzr
  ldr x19, [sp, #16]
  ldp x29, x30, [sp], #32
  ret
#endif
