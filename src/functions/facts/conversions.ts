/** pg_conversion of PostgreSQL 15, a line each: oid name function encoding encoding. The functions are among those that are refused by name. */
import type { Oid } from "../../types/index.js";

const conversionFacts = `
4402 koi8_r_to_mic koi8r_to_mic 22 7
4403 mic_to_koi8_r mic_to_koi8r 7 22
4404 iso_8859_5_to_mic iso_to_mic 25 7
4405 mic_to_iso_8859_5 mic_to_iso 7 25
4406 windows_1251_to_mic win1251_to_mic 23 7
4407 mic_to_windows_1251 mic_to_win1251 7 23
4408 windows_866_to_mic win866_to_mic 20 7
4409 mic_to_windows_866 mic_to_win866 7 20
4410 koi8_r_to_windows_1251 koi8r_to_win1251 22 23
4411 windows_1251_to_koi8_r win1251_to_koi8r 23 22
4412 koi8_r_to_windows_866 koi8r_to_win866 22 20
4413 windows_866_to_koi8_r win866_to_koi8r 20 22
4414 windows_866_to_windows_1251 win866_to_win1251 20 23
4415 windows_1251_to_windows_866 win1251_to_win866 23 20
4416 iso_8859_5_to_koi8_r iso_to_koi8r 25 22
4417 koi8_r_to_iso_8859_5 koi8r_to_iso 22 25
4418 iso_8859_5_to_windows_1251 iso_to_win1251 25 23
4419 windows_1251_to_iso_8859_5 win1251_to_iso 23 25
4420 iso_8859_5_to_windows_866 iso_to_win866 25 20
4421 windows_866_to_iso_8859_5 win866_to_iso 20 25
4422 euc_cn_to_mic euc_cn_to_mic 2 7
4423 mic_to_euc_cn mic_to_euc_cn 7 2
4424 euc_jp_to_sjis euc_jp_to_sjis 1 35
4425 sjis_to_euc_jp sjis_to_euc_jp 35 1
4426 euc_jp_to_mic euc_jp_to_mic 1 7
4427 sjis_to_mic sjis_to_mic 35 7
4428 mic_to_euc_jp mic_to_euc_jp 7 1
4429 mic_to_sjis mic_to_sjis 7 35
4430 euc_kr_to_mic euc_kr_to_mic 3 7
4431 mic_to_euc_kr mic_to_euc_kr 7 3
4432 euc_tw_to_big5 euc_tw_to_big5 4 36
4433 big5_to_euc_tw big5_to_euc_tw 36 4
4434 euc_tw_to_mic euc_tw_to_mic 4 7
4435 big5_to_mic big5_to_mic 36 7
4436 mic_to_euc_tw mic_to_euc_tw 7 4
4437 mic_to_big5 mic_to_big5 7 36
4438 iso_8859_2_to_mic latin2_to_mic 9 7
4439 mic_to_iso_8859_2 mic_to_latin2 7 9
4440 windows_1250_to_mic win1250_to_mic 29 7
4441 mic_to_windows_1250 mic_to_win1250 7 29
4442 iso_8859_2_to_windows_1250 latin2_to_win1250 9 29
4443 windows_1250_to_iso_8859_2 win1250_to_latin2 29 9
4444 iso_8859_1_to_mic latin1_to_mic 8 7
4445 mic_to_iso_8859_1 mic_to_latin1 7 8
4446 iso_8859_3_to_mic latin3_to_mic 10 7
4447 mic_to_iso_8859_3 mic_to_latin3 7 10
4448 iso_8859_4_to_mic latin4_to_mic 11 7
4449 mic_to_iso_8859_4 mic_to_latin4 7 11
4452 big5_to_utf8 big5_to_utf8 36 6
4453 utf8_to_big5 utf8_to_big5 6 36
4454 utf8_to_koi8_r utf8_to_koi8r 6 22
4455 koi8_r_to_utf8 koi8r_to_utf8 22 6
4456 utf8_to_koi8_u utf8_to_koi8u 6 34
4457 koi8_u_to_utf8 koi8u_to_utf8 34 6
4458 utf8_to_windows_866 utf8_to_win 6 20
4459 windows_866_to_utf8 win_to_utf8 20 6
4460 utf8_to_windows_874 utf8_to_win 6 21
4461 windows_874_to_utf8 win_to_utf8 21 6
4462 utf8_to_windows_1250 utf8_to_win 6 29
4463 windows_1250_to_utf8 win_to_utf8 29 6
4464 utf8_to_windows_1251 utf8_to_win 6 23
4465 windows_1251_to_utf8 win_to_utf8 23 6
4466 utf8_to_windows_1252 utf8_to_win 6 24
4467 windows_1252_to_utf8 win_to_utf8 24 6
4468 utf8_to_windows_1253 utf8_to_win 6 30
4469 windows_1253_to_utf8 win_to_utf8 30 6
4470 utf8_to_windows_1254 utf8_to_win 6 31
4471 windows_1254_to_utf8 win_to_utf8 31 6
4472 utf8_to_windows_1255 utf8_to_win 6 32
4473 windows_1255_to_utf8 win_to_utf8 32 6
4474 utf8_to_windows_1256 utf8_to_win 6 18
4475 windows_1256_to_utf8 win_to_utf8 18 6
4476 utf8_to_windows_1257 utf8_to_win 6 33
4477 windows_1257_to_utf8 win_to_utf8 33 6
4478 utf8_to_windows_1258 utf8_to_win 6 19
4479 windows_1258_to_utf8 win_to_utf8 19 6
4480 euc_cn_to_utf8 euc_cn_to_utf8 2 6
4481 utf8_to_euc_cn utf8_to_euc_cn 6 2
4482 euc_jp_to_utf8 euc_jp_to_utf8 1 6
4483 utf8_to_euc_jp utf8_to_euc_jp 6 1
4484 euc_kr_to_utf8 euc_kr_to_utf8 3 6
4485 utf8_to_euc_kr utf8_to_euc_kr 6 3
4486 euc_tw_to_utf8 euc_tw_to_utf8 4 6
4487 utf8_to_euc_tw utf8_to_euc_tw 6 4
4488 gb18030_to_utf8 gb18030_to_utf8 39 6
4489 utf8_to_gb18030 utf8_to_gb18030 6 39
4490 gbk_to_utf8 gbk_to_utf8 37 6
4491 utf8_to_gbk utf8_to_gbk 6 37
4492 utf8_to_iso_8859_2 utf8_to_iso8859 6 9
4493 iso_8859_2_to_utf8 iso8859_to_utf8 9 6
4494 utf8_to_iso_8859_3 utf8_to_iso8859 6 10
4495 iso_8859_3_to_utf8 iso8859_to_utf8 10 6
4496 utf8_to_iso_8859_4 utf8_to_iso8859 6 11
4497 iso_8859_4_to_utf8 iso8859_to_utf8 11 6
4498 utf8_to_iso_8859_9 utf8_to_iso8859 6 12
4499 iso_8859_9_to_utf8 iso8859_to_utf8 12 6
4500 utf8_to_iso_8859_10 utf8_to_iso8859 6 13
4501 iso_8859_10_to_utf8 iso8859_to_utf8 13 6
4502 utf8_to_iso_8859_13 utf8_to_iso8859 6 14
4503 iso_8859_13_to_utf8 iso8859_to_utf8 14 6
4504 utf8_to_iso_8859_14 utf8_to_iso8859 6 15
4505 iso_8859_14_to_utf8 iso8859_to_utf8 15 6
4506 utf8_to_iso_8859_15 utf8_to_iso8859 6 16
4507 iso_8859_15_to_utf8 iso8859_to_utf8 16 6
4508 utf8_to_iso_8859_16 utf8_to_iso8859 6 17
4509 iso_8859_16_to_utf8 iso8859_to_utf8 17 6
4510 utf8_to_iso_8859_5 utf8_to_iso8859 6 25
4511 iso_8859_5_to_utf8 iso8859_to_utf8 25 6
4512 utf8_to_iso_8859_6 utf8_to_iso8859 6 26
4513 iso_8859_6_to_utf8 iso8859_to_utf8 26 6
4514 utf8_to_iso_8859_7 utf8_to_iso8859 6 27
4515 iso_8859_7_to_utf8 iso8859_to_utf8 27 6
4516 utf8_to_iso_8859_8 utf8_to_iso8859 6 28
4517 iso_8859_8_to_utf8 iso8859_to_utf8 28 6
4518 iso_8859_1_to_utf8 iso8859_1_to_utf8 8 6
4519 utf8_to_iso_8859_1 utf8_to_iso8859_1 6 8
4520 johab_to_utf8 johab_to_utf8 40 6
4521 utf8_to_johab utf8_to_johab 6 40
4522 sjis_to_utf8 sjis_to_utf8 35 6
4523 utf8_to_sjis utf8_to_sjis 6 35
4524 uhc_to_utf8 uhc_to_utf8 38 6
4525 utf8_to_uhc utf8_to_uhc 6 38
4526 euc_jis_2004_to_utf8 euc_jis_2004_to_utf8 5 6
4527 utf8_to_euc_jis_2004 utf8_to_euc_jis_2004 6 5
4528 shift_jis_2004_to_utf8 shift_jis_2004_to_utf8 41 6
4529 utf8_to_shift_jis_2004 utf8_to_shift_jis_2004 6 41
4530 euc_jis_2004_to_shift_jis_2004 euc_jis_2004_to_shift_jis_2004 5 41
4531 shift_jis_2004_to_euc_jis_2004 shift_jis_2004_to_euc_jis_2004 41 5
`;

export interface KnownConversion {
  readonly oid: Oid;
  readonly name: string;
  readonly functionName: string;
  readonly from: number;
  readonly to: number;
}

let all: readonly KnownConversion[] | undefined;

export function knownConversions(): readonly KnownConversion[] {
  all ??= conversionFacts
    .trim()
    .split("\n")
    .map((line) => {
      const [oid, name = "", functionName = "", from, to] = line.split(" ");
      return { oid: Number(oid), name, functionName, from: Number(from), to: Number(to) };
    });
  return all;
}
