/*
 * The machine code that machine_code.ts carries as bytes, for both architectures. A test assembles this file
 * and compares. Kept free of the stack: between clone3 and execve the child runs in our memory.
 *
 *   launch(clone_args *, size, step *)   clone3; the child then carries out the steps, the parent returns
 *   system_call(number, a, b, c, d, e)   one system call; returns -errno on failure
 *
 * A step is ten 64-bit words: number, six arguments, offset to the next step on failure, result, unused.
 */

#if defined(__x86_64__)
.intel_syntax noprefix
launch:
  mov r8, rdx
  mov eax, 435              # clone3
  syscall
  test rax, rax
  jz 1f
  ret
1: mov r12, r8
2: mov rax, [r12]
  mov rdi, [r12+8]
  mov rsi, [r12+16]
  mov rdx, [r12+24]
  mov r10, [r12+32]
  mov r8, [r12+40]
  mov r9, [r12+48]
  syscall
  mov [r12+64], rax
  mov rcx, [r12+56]
  test rax, rax
  js 3f
  mov ecx, 80
3: add r12, rcx
  jmp 2b
system_call:
  mov rax, rdi
  mov rdi, rsi
  mov rsi, rdx
  mov rdx, rcx
  mov r10, r8
  mov r8, r9
  syscall
  ret
#elif defined(__aarch64__)
launch:
  mov x9, x2
  mov x8, #435              // clone3
  svc #0
  cbz x0, 1f
  ret
1: ldr x8, [x9]
  ldp x0, x1, [x9, #8]
  ldp x2, x3, [x9, #24]
  ldp x4, x5, [x9, #40]
  svc #0
  str x0, [x9, #64]
  ldr x10, [x9, #56]
  tbnz x0, #63, 2f
  mov x10, #80
2: add x9, x9, x10
  b 1b
system_call:
  mov x8, x0
  mov x0, x1
  mov x1, x2
  mov x2, x3
  mov x3, x4
  mov x4, x5
  svc #0
  ret
#endif
