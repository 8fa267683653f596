import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Vietnamese. */
export const vi: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'trả lời tự động|thư trả lời tự động',
    'tin nhắn tự động|phản hồi tự động|email tự động|thư tự động',
  ],
  absenceSubject: [
    'vắng mặt|nghỉ phép|đang nghỉ phép|không có mặt tại văn phòng|vắng mặt tại văn phòng',
    'ngoài văn phòng|vắng mặt tại văn phòng|không có mặt tại văn phòng',
  ],
  away: ['nghỉ phép|vắng mặt|không có mặt'],
  robot: [
    'thư tự động|email tự động|tin nhắn tự động|được gửi tự động|không trả lời email này',
    'vui lòng không trả lời',
  ],
  receipt: ['chúng tôi đã nhận được|yêu cầu của quý khách|yêu cầu của bạn đã|trong thời gian sớm nhất', 'mã yêu cầu'],
  back: ['trở lại|quay lại'],
  until: ['đến|đến hết|đến ngày'],
  months: [
    'tháng 1',
    'tháng 2',
    'tháng 3',
    'tháng 4',
    'tháng 5',
    'tháng 6',
    'tháng 7',
    'tháng 8',
    'tháng 9',
    'tháng 10',
    'tháng 11',
    'tháng 12',
  ],
  stop: [
    'hủy đăng ký|huỷ đăng ký|hủy theo dõi',
    '(?:tôi )?muốn hủy đăng ký',
    '(?:hãy )?(?:xóa|xoá) (?:tôi|email của tôi|địa chỉ của tôi)(?: khỏi (?:danh sách|danh sách email)(?: của bạn)?)?',
    '(?:đừng|không) gửi (?:email|thư|mail)(?: cho tôi)?(?: nữa)?(?: cho tôi)?(?: nữa)?',
    'ngừng gửi (?:email|thư)(?: cho tôi)?',
    'đừng liên hệ (?:với )?tôi nữa',
    'hủy (?:đăng ký|theo dõi|nhận tin)|dừng|ngừng (?:nhận|gửi) (?:thư|email|tin)',
    '(?:vui lòng |xin )?(?:xóa|loại|bỏ) tôi khỏi danh sách(?: (?:này|của bạn|gửi thư))?',
    '(?:xin )?đừng (?:gửi|viết|liên hệ)(?: (?:email|thư|tin))?(?: (?:cho|với) tôi)?(?: nữa)?',
    'tôi không muốn nhận (?:thêm )?(?:email|thư|tin)(?: nữa)?',
  ],
  please: ['vui|lòng|xin|cảm|ơn|trân|trọng|chào'],
  dismissal: ['(?:tôi )?không quan tâm', 'không cảm ơn'],
  greeting: ['xin chào|chào|kính gửi'],
};
